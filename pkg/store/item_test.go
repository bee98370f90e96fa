package store_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/store"
)

// TestItemsKeepTheVendorsID: the API's clients read items from JSON, where the vendor's id must not hide behind the item's.
func TestItemsKeepTheVendorsID(t *testing.T) {
	t.Parallel()
	want := store.Item{ID: "frame-1", State: store.ItemAccepted, Receipt: adapter.Receipt{ID: "vendor-7", Link: "/tasks/7"}}
	text, err := json.Marshal(want)
	require.NoError(t, err)
	var got store.Item
	require.NoError(t, json.Unmarshal(text, &got))
	require.Equal(t, want, got)
	text, err = json.Marshal(store.Item{ID: "frame-1"})
	require.NoError(t, err)
	require.NotContains(t, string(text), "receipt")
}
