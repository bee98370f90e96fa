package sandbox_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// counter is a vendor that counts what it is told.
type counter struct {
	Key   string `json:"key"`
	Count int    `json:"count"`
}

func (c *counter) State() any { return c }

func (c *counter) Twice() int { return c.Count / 2 }

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	switch {
	case err != nil:
		sandbox.WriteJSON(w, http.StatusBadRequest, err.Error())
	case r.URL.Path == "/cookies":
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
		w.WriteHeader(http.StatusNoContent)
	case r.Method != http.MethodPost:
		sandbox.WriteJSON(w, http.StatusMethodNotAllowed, map[string]string{"detail": "post it"})
	default:
		c.Count += len(body)
		sandbox.Effect(w, "counted to %d", c.Count)
		sandbox.WriteJSON(w, http.StatusCreated, map[string]int{"count": c.Count})
	}
}

func counting() *sandbox.Vendor {
	return &sandbox.Vendor{Name: "counter", Summary: "Counts.", New: func(o sandbox.VendorOptions) sandbox.API { return &counter{Key: o.Key} }}
}

func (b *bundle) get(t *testing.T, path string) (*http.Response, string) {
	t.Helper()
	resp, err := http.Get(b.url + path)
	require.NoError(t, err)
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(said)
}

func TestPlaysAVendor(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Options{Vendor: counting(), Key: "k"})
	resp, said := b.post(t, "/graphql", "abc")
	require.Equal(t, http.StatusCreated, resp.StatusCode)
	require.JSONEq(t, `{"count":3}`, said)
	resp, said = b.get(t, "/a.jpg")
	require.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode, "every path is the vendor's")
	require.JSONEq(t, `{"detail":"post it"}`, said)
	resp, said = b.get(t, "/_sandbox/state")
	require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	require.JSONEq(t, `{"key":"k","count":3}`, said)
	requests := b.Requests()
	require.Equal(t, "counted to 3", requests[1].Effect)
	require.Equal(t, `refused: {"detail":"post it"}`, requests[0].Effect)
	_, said = b.get(t, "/_sandbox/")
	require.Contains(t, said, "counted to 3")
	resp, _ = b.get(t, "/_sandbox/pictures/a.png")
	require.Equal(t, "image/png", resp.Header.Get("Content-Type"))
	resp, _ = b.get(t, "/cookies")
	require.Len(t, resp.Cookies(), 2)
	b.Reset()
	_, said = b.get(t, "/_sandbox/state")
	require.JSONEq(t, `{"key":"k","count":0}`, said)
}

func TestFaultsOfAPlayedVendor(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]int{"429": 0, "errors": 0, "500-after": 3, "cut-after": 3, "reset": 3, "bad-json": 3, "cut": 0} {
		b := setup(t, sandbox.Options{Vendor: counting()})
		resp, said, err := b.try("/", "abc", sandbox.FaultHeader, fault)
		if err == nil {
			require.NotEqual(t, `{"count":3}`, said, fault)
		}
		if fault == "500-after" {
			require.Equal(t, http.StatusInternalServerError, resp.StatusCode)
		}
		state, err := b.State()
		require.NoError(t, err)
		require.JSONEq(t, fmt.Sprintf(`{"key":"","count":%d}`, want), string(state), fault)
	}
}

func TestTheGenericVendorHasNoState(t *testing.T) {
	t.Parallel()
	_, said := setup(t, sandbox.Options{}).get(t, "/_sandbox/state")
	require.Equal(t, "null", said)
}
