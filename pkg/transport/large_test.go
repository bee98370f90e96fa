package transport_test

import (
	"bytes"
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// A body of 50 MB is sent from disk with its exact length, and the whole call (this test's vendor included) allocates
// little. Not parallel: it reads the process's allocation counter.
func TestLargeBodiesStream(t *testing.T) {
	body := largeBody(t)
	graphQLPrefix, graphQLSuffix := `{"query":"mutation M { a }","variables":`, `,"operationName":"M"}`
	cases := map[string]struct {
		call           adapter.Call
		prefix, suffix string
	}{
		"rest":    {call: adapter.Call{Method: http.MethodPost, Body: body}},
		"graphql": {adapter.Call{Document: "mutation M { a }", Operation: "M", Body: body}, graphQLPrefix, graphQLSuffix},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			seen := make(chan arrived, 1)
			vendor := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				seen <- arrived{length: r.ContentLength, chunked: len(r.TransferEncoding) > 0, digest: digest(r.Body)}
			}))
			defer vendor.Close()
			whole := digest(strings.NewReader(c.prefix), reader(t, body), strings.NewReader(c.suffix))
			length := body.Len() + int64(len(c.prefix)+len(c.suffix))
			client := newClient(t, vendor.URL)
			before := allocated()

			resp, err := client.Do(t.Context(), c.call)

			require.NoError(t, err)
			require.Equal(t, http.StatusOK, resp.Status)
			require.Equal(t, arrived{length: length, digest: whole}, <-seen)
			require.Less(t, allocated()-before, uint64(2<<20))
		})
	}
}

// arrived is what the vendor saw of a large request.
type arrived struct {
	length  int64
	chunked bool
	digest  [sha256.Size]byte
}

// digest is the hash of the readers' bytes, one after the other; of a broken stream it is that of what came.
func digest(readers ...io.Reader) [sha256.Size]byte {
	hash := sha256.New()
	_, _ = io.Copy(hash, io.MultiReader(readers...))
	return [sha256.Size]byte(hash.Sum(nil))
}

func reader(t *testing.T, body *adapter.Body) io.Reader {
	t.Helper()
	r, err := body.Reader()
	require.NoError(t, err)
	return r
}

func largeBody(t *testing.T) *adapter.Body {
	t.Helper()
	body := adapter.NewBody(func() (adapter.Spill, error) { return os.Create(filepath.Join(t.TempDir(), "body")) })
	t.Cleanup(func() { _ = body.Close() })
	chunk := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	for range 50 << 20 / len(chunk) {
		_, err := body.Write(chunk)
		require.NoError(t, err)
	}
	require.EqualValues(t, 50<<20, body.Len())
	return body
}

// allocated is the number of bytes that the process has ever allocated.
func allocated() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}
