//go:build labelstudio

package labelstudio_test

import "testing"

// TestRealServer tries the adapter, the stand-in's checks and the vendor's own client against a real server.
func TestRealServer(t *testing.T) {
	s := startServer(t)
	t.Run("the stand-in's checks", func(t *testing.T) { checkVendor(t, s.client(t, s.url, legacyToken)) })
	t.Run("the vendor's own client", func(t *testing.T) { s.python(t, "operate.py") })
}
