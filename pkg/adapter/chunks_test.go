package adapter_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
)

func TestChunksAreBoundedByNumberAndWeight(t *testing.T) {
	t.Parallel()
	gather := func(c adapter.Chunks[string], values ...string) (all [][]string) {
		c.Flush = func(number int, chunk []string) error {
			all = append(all, chunk)
			require.Len(t, all, number)
			return nil
		}
		for _, v := range values {
			require.NoError(t, c.Add(v))
		}
		require.NoError(t, c.Close())
		require.NoError(t, c.Close(), "an empty chunk is none")
		return all
	}
	weigh := func(s string) int { return len(s) }
	require.Equal(t, [][]string{{"a", "b"}, {"c"}}, gather(adapter.Chunks[string]{Size: 2}, "a", "b", "c"))
	require.Equal(t, [][]string{{"a", "b", "c"}}, gather(adapter.Chunks[string]{}, "a", "b", "c"))
	require.Equal(t, [][]string{{"aa", "b"}, {"ccc"}, {"ddddd"}, {"e", "f"}, {"g"}},
		gather(adapter.Chunks[string]{Size: 2, Weigh: weigh, Most: 3}, "aa", "b", "ccc", "ddddd", "e", "f", "g"))
	require.Equal(t, [][]string{{"", "", "aaa"}}, gather(adapter.Chunks[string]{Weigh: weigh, Most: 3}, "", "", "aaa"))
	require.Empty(t, gather(adapter.Chunks[string]{Size: 2}))
}
