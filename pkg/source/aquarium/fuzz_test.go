package aquarium_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/source"
	"github.com/labelgate/labelgate/pkg/source/aquarium"
)

func seed(f *testing.F) {
	for _, pattern := range []string{"testdata/events/*.json", "testdata/events/bad/*"} {
		files, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, file := range files {
			body, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(body)
		}
	}
	for _, element := range []string{
		`{"element_id":"\\","frame_id":"\"","dataset":"\u0000\\\""}`, `[[[]],{},{"a":{}}]`, ` 1 , -0.5e+7 , true,"" `,
		`{"frame_data":{"coordinate_frames":[{"coordinate_frame_metadata":"\"\\u0041\""}],"user__a":[1,2]}}`,
		`{"crop_data":{"linked_labels":["a",1,{}],"uuid":{}}}`,
	} {
		f.Add([]byte(`{"event":"issue-exported","project":"p","issue":{"elements":[` + element + `]}}`))
	}
}

// FuzzScan checks that Scan takes nothing that is no JSON, by the strict rules of jsontext, and that what it takes has as
// many elements with the same ids for Elements as for encoding/json.
func FuzzScan(f *testing.F) {
	seed(f)
	s := aquarium.New()
	f.Fuzz(func(t *testing.T, body []byte) {
		event, err := s.Scan(bytes.NewReader(body), issueExported)
		_, slow := s.Scan(iotest.OneByteReader(bytes.NewReader(body)), issueExported)
		require.Equal(t, err, slow, "the answer does not depend on how the body arrives")
		if err != nil {
			var told *source.Error
			require.True(t, errors.As(err, &told), "an answer for the sender: %v", err)
			require.Nil(t, event)
			return
		}
		require.True(t, jsontext.Value(body).IsValid())
		sameElements(t, s, event, body)
	})
}

func sameElements(t *testing.T, s *aquarium.Source, event *export.Event, body []byte) {
	var sent struct {
		Issue struct{ Elements []json.RawMessage }
	}
	decoded := decode(t, body).(object)["issue"].(object)["elements"].([]any)
	require.Equal(t, len(decoded), event.Issue.Elements)
	if json.Unmarshal(body, &sent) != nil || len(sent.Issue.Elements) != len(decoded) {
		return // encoding/json takes "Issue" for "issue"
	}
	count := 0
	for e, err := range s.Elements(event, iotest.HalfReader(bytes.NewReader(body)), export.AllFields) {
		require.NoError(t, err)
		sameElement(t, decoded[count], e)
		count++
	}
	require.Equal(t, len(decoded), count)
}

// sameElement compares what encoding/json and the decoder see where the model takes the values over as they are.
func sameElement(t *testing.T, sent any, e *export.Element) {
	fields, ok := sent.(object)
	require.Equal(t, !ok, e.Broken == "not an object")
	if id, ok := fields["element_id"].(string); ok {
		require.Equal(t, id, e.ID)
	}
	for name, value := range e.Extra {
		require.Equal(t, fields[name], value)
	}
	frame, ok := fields["frame_data"].(object)
	require.Equal(t, ok, e.Frame != nil)
	if !ok {
		return
	}
	for _, kept := range []map[string]any{e.Frame.Metadata, e.Frame.Extra} {
		for name, value := range kept {
			require.Equal(t, frame[name], value)
		}
	}
	if labels, ok := frame["label_data"].([]any); ok {
		require.Len(t, e.Frame.Labels, len(labels))
	}
	if geo, ok := frame["geo_data"].(object); ok {
		require.Equal(t, geo, e.Frame.Geo)
	}
}

// FuzzElements checks that text that Scan has never seen ends the iteration, and does not end the process.
func FuzzElements(f *testing.F) {
	seed(f)
	s := aquarium.New()
	f.Fuzz(func(t *testing.T, body []byte) {
		count := 0
		for range s.Elements(&export.Event{Project: "p"}, bytes.NewReader(body), export.AllFields) {
			count++
		}
		require.LessOrEqual(t, count, len(body)+1, "every element takes a byte at least")
	})
}
