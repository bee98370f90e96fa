package aquarium_test

import (
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/source/aquarium"
	"github.com/labelgate/labelgate/pkg/source/aquarium/aquariumtest"
)

// pattern streams head, then piece for ever; numbered pieces begin with a name of their own.
type pattern struct {
	pending string
	piece   func(n int) string
	n, read int
}

func repeat(head, piece string) *pattern {
	return &pattern{pending: head, piece: func(int) string { return piece }}
}

func (p *pattern) Read(b []byte) (int, error) {
	if p.pending == "" {
		p.pending = p.piece(p.n)
		p.n++
	}
	n := copy(b, p.pending)
	p.pending = p.pending[n:]
	p.read += n
	return n, nil
}

// TestHostileBodiesEndEarly sends bodies without an end: each must be refused soon after its limit.
func TestHostileBodiesEndEarly(t *testing.T) {
	t.Parallel()
	const list = `{"event":"issue-exported","project":"p","issue":{"elements":[{},`
	filler := strings.Repeat(`[1,{"a":"b"}],`, 100)
	text := strings.Repeat("x", 1000)
	names := func(n int) string { return `"` + string(rune('a'+n%26)) + aquariumtest.FrameID(n) + `":0,` }
	for name, c := range map[string]struct {
		body *pattern
		most int
		want string
	}{
		"a large element":          {repeat(list+`[`, filler), 18 << 20, "issue.elements[1] is larger than 16 MiB"},
		"a long string":            {repeat(list+`"`, text), 18 << 20, "issue.elements[1] is larger than 16 MiB"},
		"a long number":            {repeat(list+`1`, "1111111111"), 18 << 20, "issue.elements[1] is larger than 16 MiB"},
		"blanks between elements":  {repeat(list, strings.Repeat(" ", 1000)), 18 << 20, "issue.elements[1] is larger than 16 MiB"},
		"a large field":            {repeat(`{"a":[`, filler), 2 << 20, "all but issue.elements is larger than 1 MiB"},
		"a long name":              {repeat(`{"`, text), 2 << 20, "all but issue.elements is larger than 1 MiB"},
		"many fields of the issue": {&pattern{pending: `{"issue":{`, piece: names}, 2 << 20, "all but issue.elements is larger than 1 MiB"},
		"blanks behind the list":   {repeat(list+`1]`, strings.Repeat("\n", 1000)), 2 << 20, "all but issue.elements is larger than 1 MiB"},
		"many names":               {&pattern{pending: list + `{"b":{`, piece: names}, 4 << 20, "issue.elements[1].b: more than 131072 names"},
		"lists within lists":       {repeat(list, strings.Repeat("[", 100)), 1 << 20, "exceeded max depth"},
		"objects within objects":   {repeat(list, strings.Repeat(`{"a":`, 100)), 1 << 20, "exceeded max depth"},
		"names on nested levels": {
			&pattern{pending: list + `{`, piece: func(n int) string {
				if n%5000 == 4999 {
					return `"deeper":{`
				}
				return names(n)
			}}, 4 << 20, "more than 131072 names",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			message := answer(t, c.body)
			require.Contains(t, message, format)
			require.Contains(t, message, c.want)
			require.Less(t, len(message), 300)
			require.Less(t, c.body.read, c.most)
		})
	}
}

func TestLargeElementsWithinTheLimit(t *testing.T) {
	t.Parallel()
	body := `{"event":"issue-exported","project":"p","issue":{"elements":[{"element_id":"small"},` +
		`{"x":"` + strings.Repeat("x", aquarium.MaxElement-100) + `","element_id":"large"},{"element_id":"last"}]}}`
	event, err := scan(body)
	require.NoError(t, err)
	require.Equal(t, 3, event.Issue.Elements)
	all, err := elements(strings.NewReader(body), 0)
	require.NoError(t, err)
	require.Equal(t, "large", all[1].ID)
	require.Equal(t, "last", all[2].ID)
}

// TestMemoryIsFlat reads 53 MB and looks at what is allocated meanwhile. It is not parallel, so that it measures itself.
func TestMemoryIsFlat(t *testing.T) {
	const n, most = 30_000, 1 << 20
	s := aquarium.New()
	var event *export.Event
	allocated := allocatedBy(func() {
		var err error
		event, err = s.Scan(readerOnly{aquariumtest.Event(n)}, issueExported)
		require.NoError(t, err)
	})
	generator := allocatedBy(func() {
		_, err := io.Copy(io.Discard, readerOnly{aquariumtest.Event(n)})
		require.NoError(t, err)
	})
	require.Equal(t, n, event.Issue.Elements)
	require.Less(t, int64(allocated)-int64(generator), int64(most), "Scan allocates nothing per element")
}

type readerOnly struct{ io.Reader }

func allocatedBy(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
