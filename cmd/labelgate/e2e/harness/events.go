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
func Event(t *testing.T, name string) []byte {
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
func EventNames(t *testing.T) []string {
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
func EffectsOf(t *testing.T, name string) Effects {
	t.Helper()
	var e Effects
	require.NoError(t, json.Unmarshal(Event(t, name+".effects"), &e))
	return e
}

// Issue makes events that differ from all others by the issue's name.
type Issue struct {
	// Name is the issue's id and name; the ids of its frames and labels begin with it.
	Name string
	// Frames is the number of its elements, 1 when it is 0. Every element is a frame with one label.
	Frames int
	// Padding makes the event larger by so many bytes, in a field that no mapping reads.
	Padding int
}

// Unique is the smallest event of that name.
func Unique(name string) []byte { return Issue{Name: name}.Event() }

// FrameIDs are the ids of the issue's frames.
func (i Issue) FrameIDs() []string {
	ids := make([]string, max(1, i.Frames))
	for n := range ids {
		ids[n] = fmt.Sprintf("%s/frame-%d", i.Name, n)
	}
	return ids
}

// Event is the issue's event.
func (i Issue) Event() []byte {
	elements := make([]string, 0, i.Frames)
	padding := strings.Repeat("x", i.Padding/max(1, i.Frames))
	for _, id := range i.FrameIDs() {
		elements = append(elements, fmt.Sprintf(`{"element_id": %[1]q, "element_type": "frame", "frame_id": %[1]q, "frame_data": {
			"label_data": [{"uuid": "label of %[1]s"}], "padding": %[2]q,
			"sensor_data": [{"data_urls": {"image_url": "https://images.example.com/%[1]s.jpg"}}]}}`, id, padding))
	}
	return fmt.Appendf(nil, `{"event": "issue-exported", "project": "rarepets",
		"issue": {"id": %[1]q, "name": %[1]q, "dataset": "train", "elements": [%[2]s]}}`, i.Name, strings.Join(elements, ", "))
}
