// Package e2e_test runs the real binary, as a process of its own, beside scripted vendors.
package e2e_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
	"github.com/labelgate/labelgate/pkg/store/pgtest"
)

// labelgate is the binary, built once for all tests; crashing is the one that can be told where to die.
var (
	labelgate harness.Binary
	crashing  func() (harness.Binary, error)
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "labelgate-e2e-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	crashing = sync.OnceValues(func() (harness.Binary, error) { return harness.Build(dir, "crashpoints") })
	if labelgate, err = harness.Build(dir); err != nil {
		panic(err)
	}
	pgtest.Main(m)
}

// newSite returns a site of testdata/site.yaml and its vendor.
func newSite(t *testing.T) (*harness.Site, *harness.Vendor) {
	t.Helper()
	vendor := harness.NewVendor(t)
	config := filepath.Join(harness.Root(), "cmd", "labelgate", "e2e", "testdata", "site.yaml")
	return harness.NewSite(t, labelgate, config, vendor.URL), vendor
}

// newDropIn returns a site of one of the configs that replace a published handler, and its vendor.
func newDropIn(t *testing.T, name string) (*harness.Site, *harness.Vendor) {
	t.Helper()
	vendor := harness.NewVendor(t)
	return harness.NewSite(t, labelgate, harness.DropIn(name), vendor.URL), vendor
}

// The paths of testdata/site.yaml, and that of the drop-in configs.
const (
	batch   = "/batch"
	relabel = "/relabel"
	webhook = "/webhook"
)

// final are the states in which nothing more happens by itself.
var final = []string{"delivered", "partial", "dead", "discarded"}
