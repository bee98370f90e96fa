// Package e2e_test runs the real binary, as a process of its own, beside scripted vendors.
package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/labelgate/labelgate/e2e/harness"
)

// labelgate is the binary, built once for all tests.
var labelgate harness.Binary

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "labelgate-e2e-")
	if err == nil {
		labelgate, err = harness.Build(dir)
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	os.Exit(code)
}

// newSite returns a site of testdata/site.yaml and its vendor.
func newSite(t testing.TB) (*harness.Site, *harness.Vendor) {
	t.Helper()
	vendor := harness.NewVendor(t)
	config := filepath.Join(harness.Root(), "e2e", "testdata", "site.yaml")
	return harness.NewSite(t, labelgate, config, vendor.URL), vendor
}

// newDropIn returns a site of one of the configs that replace a published handler, and its vendor.
func newDropIn(t testing.TB, name string) (*harness.Site, *harness.Vendor) {
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
