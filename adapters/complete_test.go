package adapters_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters"
	"github.com/labelgate/labelgate/configs"
)

// configurable adapters are no vendors; a legacy adapter shares what its vendor has.
func vendors() []string {
	var names []string
	for _, f := range adapters.All() {
		if f.Name != "graphql" && f.Name != "rest" {
			names = append(names, f.Name)
		}
	}
	return names
}

func vendorOf(name string) string { return strings.TrimSuffix(name, "-legacy") }

func folderOf(name string) string { return strings.ReplaceAll(vendorOf(name), "-", "") }

// TestEveryVendorIsComplete: what a newcomer needs for a vendor is there, whichever it is.
func TestEveryVendorIsComplete(t *testing.T) {
	t.Parallel()
	var played []string
	for _, v := range adapters.Sandboxes() {
		played = append(played, v.Name)
		require.NotEmpty(t, v.Summary, v.Name)
	}
	index, err := os.ReadFile("../docs/vendors/README.md")
	require.NoError(t, err)
	for _, name := range vendors() {
		vendor := vendorOf(name)
		require.True(t, slices.Contains(played, vendor), "%s: no stand-in for labelgate sandbox --vendor", name)
		require.FileExists(t, "../docs/vendors/"+vendor+".md")
		require.Contains(t, string(index), "`"+name+"`", "docs/vendors/README.md lists every adapter")
		for _, file := range []string{"requirements.txt", "operate.py", "readback.py"} {
			require.FileExists(t, folderOf(name)+"/client/"+file, "the vendor's own client proves the stand-in")
		}
		require.True(t, slices.Contains(configs.Names(), name), "%s: no config for labelgate init", name)
		page, err := os.ReadFile("../docs/vendors/" + vendor + ".md")
		require.NoError(t, err)
		for _, section := range []string{"certain", "repeat"} {
			require.Contains(t, strings.ToLower(string(page)), section, "docs/vendors/%s.md says what is not certain, and what a repeat does", vendor)
		}
	}
}
