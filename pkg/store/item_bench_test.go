package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
)

// BenchmarkItems is what the item ledger of one delivery of 100,000 items takes: written in one step with a receipt each,
// in one step without, listed page by page, counted, indexed with 400,000 more ids, and found.
func BenchmarkItems(b *testing.B) {
	const n = 100_000
	ids, taken, words := make([]export.ItemID, n), map[export.ItemID]adapter.Receipt{}, []string{}
	for i := range ids {
		ids[i] = export.ItemID(fmt.Sprintf("%08x-1111-2222-3333-%012x", i*2654435761, i))
		taken[ids[i]] = adapter.Receipt{ID: fmt.Sprintf("task-%09d", i), Link: fmt.Sprintf("/tasks/%d", i)}
		words = append(words, string(ids[i]))
		for j := range 4 {
			words = append(words, fmt.Sprintf("%08x-5555-6666-7777-%012d", (i*4+j)*40503, i*4+j))
		}
	}
	s := openBench(b)
	write := func(b *testing.B, taken map[export.ItemID]adapter.Receipt) store.Delivery {
		got, err := accept(b, s, []byte("{}"+fmt.Sprint(time.Now().UnixNano())))
		require.NoError(b, err)
		d := &got.Delivery
		require.NoError(b, s.Take(b.Context(), d))
		now := time.Now()
		require.NoError(b, s.Begin(b.Context(), d, store.Begin{Step: "send", Digest: d.Digest, Items: ids, At: now}))
		require.NoError(b, s.Record(b.Context(), d, store.Record{
			Step: "send", State: store.StepDone, Items: n, IDs: ids, Taken: taken, Started: now, Ended: now,
		}, &store.Finish{State: store.Delivered, At: now}))
		return *d
	}
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			write(b, nil)
		}
	})
	b.Run("write with receipts", func(b *testing.B) {
		for b.Loop() {
			write(b, taken)
		}
	})
	d := write(b, taken)
	b.Run("list a page of 500 in the middle", func(b *testing.B) {
		for b.Loop() {
			page, err := s.Items(b.Context(), d.ID, store.ItemFilter{Limit: 500, After: "0.50000.50000.0"})
			require.NoError(b, err)
			require.Len(b, page.Items, 500)
		}
	})
	b.Run("show", func(b *testing.B) {
		for b.Loop() {
			_, err := s.Get(b.Context(), d.ID)
			require.NoError(b, err)
		}
	})
	b.Run("index 500,000 ids", func(b *testing.B) {
		for b.Loop() {
			for at := 0; at < len(words); at += 1000 {
				require.NoError(b, s.Index(b.Context(), []store.Document{{Delivery: &d, Part: at / 1000, Words: words[at : at+1000], Last: at+1000 >= len(words)}}))
			}
		}
	})
	b.Run("find one of 500,000 ids", func(b *testing.B) {
		for b.Loop() {
			list, err := s.List(b.Context(), store.Filter{Search: words[77777]})
			require.NoError(b, err)
			require.Len(b, list, 1)
		}
	})
}
