package adaptertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// updateGolden is the environment variable that has golden files written anew.
const updateGolden = "UPDATE_GOLDEN"

// Golden compares a delivery, call by call, with a text file, such as testdata/crops-batch/delivery.golden.txt. With
// UPDATE_GOLDEN=1 in the environment it writes the file; read the difference before you commit it.
func Golden(t *testing.T, file string, out Outcome) {
	t.Helper()
	got := Describe(out)
	if os.Getenv(updateGolden) != "" {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644)) //nolint:gosec // it is committed
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run the test with %s=1 to write it", updateGolden)
	require.Equal(t, string(want), got, "run the test with %s=1 and read the difference", updateGolden)
}

// Describe writes a delivery as text for people: each call with its body, what was kept of the answer, and what was refused
// and noted.
func Describe(out Outcome) string {
	var b strings.Builder
	for _, s := range out.Steps {
		describeStep(&b, s, out)
	}
	for _, r := range out.Refused {
		fmt.Fprintf(&b, "refused: element %d %q item %q: %s\n", r.Index, r.ElementID, r.Item, r.Reason)
	}
	for _, n := range out.Notes {
		fmt.Fprintf(&b, "note: element %d %q item %q: %s\n", n.Index, n.ElementID, n.Item, n.Text)
	}
	return b.String()
}

func describeStep(b *strings.Builder, s Step, out Outcome) {
	repeat := [...]string{"keyed", "safe", "check first", "never"}[s.Repeat]
	fmt.Fprintf(b, "== %s (%s)\n", s.ID, repeat)
	describeCall(b, "", s.Call, s.Body)
	if s.Check != nil {
		describeCall(b, "check: ", *s.Check, bodyText(s.Check.Body))
	}
	for i, item := range s.Items {
		ref := ""
		if i < len(s.Refs) {
			ref = " as " + s.Refs[i]
		}
		fmt.Fprintf(b, "item %s%s -> %s\n", item, ref, out.Taken[item].ID)
	}
	result := out.Results[s.ID]
	for _, name := range slices.Sorted(maps.Keys(result.Kept)) {
		fmt.Fprintf(b, "kept %s = %s\n", name, result.Kept[name])
	}
	for _, item := range slices.Sorted(maps.Keys(result.Failed)) {
		fmt.Fprintf(b, "failed %s: %s\n", item, result.Failed[item])
	}
	b.WriteByte('\n')
}

func describeCall(b *strings.Builder, what string, c adapter.Call, body string) {
	switch {
	case c.Link != "":
		fmt.Fprintf(b, "%sGET %s (link)\n", what, c.Link)
	case c.GraphQL():
		fmt.Fprintf(b, "%sGraphQL %s %s\n%s\n", what, c.Path, c.Operation, c.Document)
	default:
		fmt.Fprintf(b, "%s%s %s\n", what, c.Method, c.Path)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Header)) {
		fmt.Fprintf(b, "%s: %s\n", name, c.Header[name])
	}
	if c.ContentType != "" {
		fmt.Fprintf(b, "Content-Type: %s\n", c.ContentType)
	}
	if body != "" {
		b.WriteString(pretty(body) + "\n")
	}
}

// pretty lays out JSON, and leaves everything else as it is.
func pretty(body string) string {
	var laid bytes.Buffer
	if json.Indent(&laid, []byte(body), "", "  ") != nil {
		return body
	}
	return laid.String()
}

// bodyText is a call's body; a check's is kept by nobody else.
func bodyText(body *adapter.Body) string {
	if body == nil {
		return ""
	}
	text, _ := body.Bytes()
	return string(text)
}
