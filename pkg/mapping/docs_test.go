package mapping

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDocsNameEveryField(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/mappings.md")
	require.NoError(t, err)
	for row, fields := range map[string][]field{
		"frame": frameFields, "label": labelFields, "element": elementFields,
		"`.labels[]` of a frame, `.crop` of an element": labelCore, "`.element` of a frame or label": elementCore,
		"`$event`": eventFields, "`$event.issue`": issueFields,
	} {
		want := "| " + row + " | `" + strings.ReplaceAll(listNames(fields), ", ", "` `") + "` |"
		require.Contains(t, string(page), want)
	}
}
