package aquarium_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/source"
	"github.com/labelgate/labelgate/pkg/source/aquarium"
)

const format = "invalid webhook payload format: "

func issueExported(event string) bool { return event == "issue-exported" }

func scan(body string) (*export.Event, error) {
	return aquarium.New().Scan(strings.NewReader(body), issueExported)
}

// answer is what the sender of a body is told, empty when it is taken.
func answer(t *testing.T, body io.Reader) string {
	t.Helper()
	_, err := aquarium.New().Scan(body, issueExported)
	if err == nil {
		return ""
	}
	var told *source.Error
	require.ErrorAs(t, err, &told)
	return told.Message
}

func TestAnswersToBadBodies(t *testing.T) {
	t.Parallel()
	const noIssue = "webhook payload did not contain expected key: issue"
	for name, want := range map[string]string{
		"empty.json":             "Bad Request: no payload body received",
		"null.json":              format + "the body must be an object, got null",
		"array.json":             format + "the body must be an object, got a list",
		"number.json":            format + "the body must be an object, got a number",
		"no-event.json":          format + "event is missing",
		"event-not-text.json":    format + "event must be text, got a number",
		"truncated.json":         format + "issue.elements[0].dataset: unexpected end of the body at byte 91",
		"two-values.json":        format + "a second value after the body's object, before byte 82",
		"nan.json":               format + "issue.elements[0].frame_data.custom_metrics.blur: invalid character 'N' at start of value at byte 117",
		"bad-utf8.json":          format + "project: invalid UTF-8 at byte 41",
		"utf16.json":             format + `invalid character '\xff' at start of value at byte 0`,
		"same-key-twice.json":    format + "event: the same key twice at byte 26",
		"form.txt":               format + "invalid character 'e' at start of value at byte 0",
		"no-issue.json":          noIssue,
		"issue-empty.json":       noIssue,
		"issue-null.json":        noIssue,
		"issue-list.json":        format + "issue must be an object, got a list",
		"no-project.json":        "webhook payload did not contain expected key: project",
		"no-elements.json":       "webhook payload did not contain expected key: issue.elements",
		"elements-not-list.json": format + "issue.elements must be a list, got an object",
		"other-event.json":       "Bad Request: endpoint not setup to handle dataset-complete events yet",
		"no-element.json":        "",
		"some-elements-bad.json": "",
		"all-elements-bad.json":  "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(filepath.Join("testdata/events/bad", name))
			require.NoError(t, err)
			require.Equal(t, want, answer(t, bytes.NewReader(body)))
			require.Equal(t, want, answer(t, iotest.OneByteReader(bytes.NewReader(body))), "byte by byte")
		})
	}
}

func TestAnswersInOrder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, want string }{
		"blank":                 {" \n", "Bad Request: no payload body received"},
		"broken, then no event": {`{"issue":7,`, format + "unexpected end of the body at byte 11"},
		"other event, broken":   {`{"event":"dataset-complete"`, format + "unexpected end of the body at byte 27"},
		"no event, no issue":    {`{}`, format + "event is missing"},
		"event null":            {`{"event":null}`, format + "event is missing"},
		"other event, no issue": {`{"event":"x"}`, "Bad Request: endpoint not setup to handle x events yet"},
		"long event": {
			`{"event":"` + strings.Repeat("é", 60) + `"}`,
			"Bad Request: endpoint not setup to handle " + strings.Repeat("é", 20) + "... events yet",
		},
		"no issue, no project": {`{"event":"issue-exported"}`, "webhook payload did not contain expected key: issue"},
		"issue is text": {
			`{"event":"issue-exported","issue":"x"}`, format + "issue must be an object, got text",
		},
		"project is a number": {
			`{"event":"issue-exported","project":7,"issue":{"elements":[]}}`, format + "project must be text, got a number",
		},
		"project_name is a list": {
			`{"event":"issue-exported","project_name":[],"issue":{"elements":[]}}`,
			format + "project_name must be text, got a list",
		},
		"project is empty": {
			`{"event":"issue-exported","project":"","issue":{"elements":[]}}`,
			"webhook payload did not contain expected key: project",
		},
		"elements null": {
			`{"event":"issue-exported","project":"p","issue":{"elements":null}}`,
			"webhook payload did not contain expected key: issue.elements",
		},
		"name is an object": {
			`{"event":"issue-exported","project":"p","issue":{"name":{},"elements":[]}}`,
			format + "issue.name must be text, got an object",
		},
		"id is a boolean": {
			`{"event":"issue-exported","project":"p","issue":{"id":true,"elements":[]}}`,
			format + "issue.id must be text, got a boolean",
		},
		"a key twice, deep": {
			`{"event":"issue-exported","issue":{"elements":[{},{"a":{"b":1,"b":2}}]}}`,
			format + "issue.elements[1].a.b: the same key twice at byte 62",
		},
		"garbage behind": {`{"event":"issue-exported"} x`, format + "invalid character 'x' at start of value at byte 27"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, answer(t, strings.NewReader(c.body)))
		})
	}
}

func TestAnswersRepeatNoLongKeys(t *testing.T) {
	t.Parallel()
	body := `{"` + strings.Repeat("s", 10_000) + `":` + strings.Repeat(`{"secretsecretsecretsecretsecret":`, 100) + `x`
	require.Less(t, len(answer(t, strings.NewReader(body))), 300)
}

func TestScanMakesTheEnvelope(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want export.Event
	}{
		"keys behind the elements": {
			`{"issue":{"elements":[{"dataset":"p.a","issue_name":"e","inference_set":"p.m"}],"id":7,"issue_name":"n"},` +
				`"project_name":"p","event":"issue-exported"}`,
			export.Event{Project: "p", Issue: export.Issue{ID: "7", Name: "n", Dataset: "a", InferenceSet: "m", Elements: 1}},
		},
		"names of the first element that has them": {
			`{"event":"issue-exported","project":"p","issue":{"elements":[3,{"frame_data":{"dataset":"no"}},` +
				`{"issue_name":"n","dataset":7},{"issue_name":"m","dataset":"d"},{"dataset":"late"}]}}`,
			export.Event{Project: "p", Issue: export.Issue{Name: "n", Dataset: "d", Elements: 5}},
		},
		"the issue's own names first": {
			`{"event":"issue-exported","project":"p","issue":{"name":"a","issue_name":"b","dataset":"p.d","inference_set":"i",` +
				`"elements":[{"dataset":"x","issue_name":"y","inference_set":"z"}]}}`,
			export.Event{Project: "p", Issue: export.Issue{
				Name: "a", Dataset: "d", InferenceSet: "i", Elements: 1, Extra: map[string]any{"issue_name": "b"},
			}},
		},
		"dots that are no project": {
			`{"event":"issue-exported","project":"p","issue":{"dataset":"p.","inference_set":"pp.x","elements":[]}}`,
			export.Event{Project: "p", Issue: export.Issue{Dataset: "p.", InferenceSet: "pp.x"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event, err := scan(c.body)
			require.NoError(t, err)
			c.want.Type = "issue-exported"
			require.Equal(t, &c.want, event)
		})
	}
}

func TestScanKeepsUnknownFields(t *testing.T) {
	t.Parallel()
	event, err := scan(`{"event":"issue-exported","project":"p","big":9007199254740993,"x":{"y":[null,true,"\u00e9",-1.5e3]},` +
		`"issue":{"elements":[],"owner":"ann","count":12345678901234567890}}`)
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"big": number("9007199254740993"), "x": map[string]any{"y": []any{nil, true, "é", number("-1.5e3")}},
	}, event.Extra)
	require.Equal(t, map[string]any{"owner": "ann", "count": number("12345678901234567890")}, event.Issue.Extra)
}

func TestScanReturnsTheBodysOwnError(t *testing.T) {
	t.Parallel()
	own := errors.New("connection reset")
	for _, start := range []string{"", `{"event"`, `{"event":"issue-exported","issue":{"elements":[{"a":"`, `{} `} {
		_, err := aquarium.New().Scan(io.MultiReader(strings.NewReader(start), iotest.ErrReader(own)), issueExported)
		require.Equal(t, own, err, start)
	}
}

func TestScanStartsAnewAfterAnError(t *testing.T) {
	t.Parallel()
	s := aquarium.New()
	for range 3 {
		_, err := s.Scan(strings.NewReader(`{"event":"issue-exported","issue":{"elements":[{"dataset":"old"`), issueExported)
		require.Error(t, err)
		event, err := s.Scan(strings.NewReader(`{"event":"issue-exported","project":"p","issue":{"elements":[]}}`), issueExported)
		require.NoError(t, err)
		require.Empty(t, event.Issue.Dataset)
	}
}
