// Package storetest is what every store.Store must pass. It knows nothing of a store but its interface, the place that
// it is opened at, and how a crash leaves that place behind.
package storetest

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/store"
)

// Backend is a kind of store.
type Backend struct {
	// Open opens the store at dir, an empty folder of the test's own at first, and makes it when there is none.
	Open func(t *testing.T, dir string) store.Store
	// Crash returns a place that is as dir would be after kill -9 at this moment. With nil it is a copy of the folder.
	Crash func(t *testing.T, dir string) string
	// Damage flips a bit of the stored payload of a delivery. The store at dir is closed.
	Damage func(t *testing.T, dir string, d store.Delivery)
}

// Run runs the suite.
func Run(t *testing.T, backend Backend) {
	t.Helper()
	if backend.Crash == nil {
		backend.Crash = copyFolder
	}
	for _, group := range []struct {
		name  string
		cases []testCase
	}{
		{"Accept", acceptCases},
		{"Payload", payloadCases},
		{"Claim", claimCases},
		{"Record", recordCases},
		{"Manage", manageCases},
		{"Settle", settleCases},
		{"Pass", passCases},
		{"Pause", pauseCases},
		{"List", listCases},
		{"Items", itemCases},
		{"Search", searchCases},
		{"Crash", crashCases},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range group.cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					b := &bench{backend: backend, dir: t.TempDir()}
					b.open(t)
					c.run(t, b)
				})
			}
		})
	}
}

type testCase struct {
	name string
	run  func(t *testing.T, b *bench)
}

// bench is a store under test.
type bench struct {
	backend Backend
	dir     string
	store   store.Store
}

func (b *bench) open(t *testing.T) {
	t.Helper()
	s := b.backend.Open(t, b.dir)
	b.store = s
	t.Cleanup(func() { _ = s.Close() }) // closed twice where the test has done so
}

// reopen closes the store properly and opens it again.
func (b *bench) reopen(t *testing.T) {
	t.Helper()
	require.NoError(t, b.store.Close())
	b.open(t)
}

// crash goes on with what a kill would leave. The store of before lives on, and must not matter.
func (b *bench) crash(t *testing.T) {
	t.Helper()
	b.dir = b.backend.Crash(t, b.dir)
	b.open(t)
}

func copyFolder(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	require.NoError(t, os.CopyFS(to, os.DirFS(dir)))
	return to
}
