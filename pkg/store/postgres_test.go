package store_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/store/pgtest"
	"github.com/labelgate/labelgate/pkg/store/storetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestPostgresIsAStore(t *testing.T) {
	t.Parallel()
	p := &places{urls: map[string]string{}, stores: map[string][]store.Store{}}
	storetest.Run(t, storetest.Backend{Open: p.open, Crash: p.crash, Damage: p.damage})
}

// places are the databases of the tests, by their folders.
type places struct {
	mu     sync.Mutex
	urls   map[string]string
	stores map[string][]store.Store
}

func (p *places) url(t *testing.T, dir string) string {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.urls[dir] == "" {
		p.urls[dir] = pgtest.URL(t)
	}
	return p.urls[dir]
}

func (p *places) open(t *testing.T, dir string) store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), p.url(t, dir))
	require.NoError(t, err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stores[dir] = append(p.stores[dir], s)
	return s
}

// crash kills the replicas of a place: the database is the same for the next one.
func (p *places) crash(t *testing.T, dir string) string {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.stores[dir] {
		store.Kill(s)
	}
	p.stores[dir] = nil
	return dir
}

func (p *places) damage(t *testing.T, dir string, d store.Delivery) {
	t.Helper()
	pgtest.Exec(t, p.url(t, dir), `UPDATE event SET body = set_byte(body, 7, get_byte(body, 7) # 4) WHERE id = $1 AND blob IS NULL`, d.ID)
	pgtest.Exec(t, p.url(t, dir), `UPDATE blob_chunk SET data = set_byte(data, 7, get_byte(data, 7) # 4) WHERE n = 0`)
}
