package harness

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Effects are what an event must do at a vendor, by its *.effects.json.
type Effects struct {
	GraphQL struct {
		ProjectID string   `json:"projectId"`
		LabelIDs  []string `json:"labelIds"`
	} `json:"graphql"`
	REST        Batch `json:"rest"`
	RESTRefused []struct {
		Index     int    `json:"index"`
		ElementID string `json:"element_id"`
		Why       string `json:"why"`
	} `json:"rest_refused"`
}

// Event is the body of a sample event: "frames", "bad/truncated".
func Event(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(EventFile(name))
	require.NoError(t, err)
	return body
}

// EventFile is the file of a sample event.
func EventFile(name string) string {
	return filepath.Join(Root(), "pkg", "source", "aquarium", "testdata", "events", name+".json")
}

// EventNames are the names of all good sample events.
func EventNames(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(EventFile("*.effects"))
	require.NoError(t, err)
	require.Len(t, files, 11, "there are eleven kinds of event")
	names := make([]string, 0, len(files))
	for _, file := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".effects.json"))
	}
	return names
}

// EffectsOf are the effects that a sample event must have.
func EffectsOf(t testing.TB, name string) Effects {
	t.Helper()
	var e Effects
	require.NoError(t, json.Unmarshal(Event(t, name+".effects"), &e))
	return e
}

// Unique is a small event that differs from all others by the issue's id and name.
func Unique(issue string) []byte {
	return fmt.Appendf(nil, `{"event": "issue-exported", "project": "rarepets", "issue": {"id": %[1]q, "name": %[1]q, "dataset": "train",
		"elements": [{"element_id": "e", "element_type": "frame", "frame_id": "frame-%[2]s", "frame_data": {
			"label_data": [{"uuid": "label-%[2]s"}],
			"sensor_data": [{"data_urls": {"image_url": "https://images.example.com/%[2]s.jpg"}}]}}]}}`, issue, issue)
}
