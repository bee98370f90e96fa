package adapters_test

import (
	"crypto/ed25519"
	"encoding/pem"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/labelgate/labelgate/adapters"
	"github.com/labelgate/labelgate/configs"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/config"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
	"github.com/labelgate/labelgate/pkg/source/aquarium"
	"github.com/labelgate/labelgate/pkg/source/aquarium/aquariumtest"
)

// TestStopsAmongChunks: an event of several chunks is stopped after every few steps and gone on with. The chunks are the same
// ones every time, and the vendor holds in the end what it holds without a stop.
func TestStopsAmongChunks(t *testing.T) {
	t.Parallel()
	const frames = 230 // more than two chunks of most vendors
	body := aquariumtest.Bytes(frames)
	reg, err := adapter.NewRegistry(adapters.All()...)
	require.NoError(t, err)
	for _, vendor := range adapters.Sandboxes() {
		t.Run(vendor.Name, func(t *testing.T) {
			t.Parallel()
			factory, ok := reg.Get(vendor.Name)
			require.True(t, ok)
			setup := sandboxtest.Setup{Vendor: vendor, Auth: factory.Auth}
			if factory.Auth.Sign != nil {
				setup.Key = signingKey(t)
			}
			a := configured(t, reg, vendor.Name)
			input := func() adapter.Input {
				in, err := adaptertest.Input(aquarium.New(), body)
				require.NoError(t, err)
				return in
			}
			whole := sandboxtest.Start(t, setup)
			want := whole.Deliver(t, a, input())
			require.NotEmpty(t, want.Taken)
			wantState, err := whole.State()
			require.NoError(t, err)
			for _, every := range []int{1, 3} {
				if every == 1 && len(want.Steps) > frames/2 {
					continue // a step an item: a stop after each would be a plan an item
				}
				stand := sandboxtest.Start(t, setup)
				got, err := adaptertest.DeliverStopping(t.Context(), a, input(), stand, max(every, len(want.Steps)/20))
				require.NoError(t, err)
				require.Equal(t, len(want.Steps), len(got.Steps), "no step more, none less")
				state, err := stand.State()
				require.NoError(t, err)
				require.Equal(t, string(wantState), string(state))
			}
		})
	}
}

// configured is the adapter of a vendor's config file, as it is.
func configured(t *testing.T, reg *adapter.Registry, name string) adapter.Adapter {
	t.Helper()
	text, err := configs.Read(name)
	require.NoError(t, err)
	c, err := config.Parse(name, text, config.LoadOptions{Adapters: reg, LookupEnv: func(name string) (string, bool) {
		value, ok := map[string]string{"LABELING_API_ENDPOINT": "https://vendor.example", "LABELING_API_KEY": "key", "AQ_WEBHOOK_SECRET": "secret"}[name]
		return value, ok
	}})
	require.NoError(t, err)
	return c.Routes[0].Adapter
}

func signingKey(t *testing.T) string {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	block, err := ssh.MarshalPrivateKey(private, "")
	require.NoError(t, err)
	return string(pem.EncodeToMemory(block))
}
