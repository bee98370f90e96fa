package harness

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// What every site is set up with, unless a test sets it otherwise.
const (
	// Secret is the webhook secret.
	Secret = "webhook-secret-of-the-tests"
	// Key is the vendor's API key.
	Key = "vendor-key-of-the-tests"
	// SecretHeader is the header that the source sends its secret in.
	SecretHeader = "X-Aquarium-Secret" //nolint:gosec // a name
)

// Site is a place where a gateway runs, can be killed, and runs again: a config, an environment and a store.
type Site struct {
	// Binary is the gateway's; Config its config file; Dir holds the store and the log.
	Binary Binary
	Config string
	Dir    string
	// Env is the child's environment, beside PATH and HOME.
	Env map[string]string

	others []*Site // made by Another
}

// NewSite returns a site for the config with only the four documented names and LABELGATE_STORE set. PORT is 0: the
// gateway picks a free one at every start.
func NewSite(t *testing.T, b Binary, config, endpoint string) *Site {
	t.Helper()
	dir := t.TempDir()
	s := &Site{Binary: b, Config: config, Dir: dir, Env: map[string]string{
		"AQ_WEBHOOK_SECRET":     Secret,
		"LABELING_API_KEY":      Key,
		"LABELING_API_ENDPOINT": endpoint,
		"PORT":                  "0",
		"LABELGATE_STORE":       "sqlite://" + filepath.Join(dir, "labelgate.db"),
	}}
	t.Cleanup(func() { s.showLog(t) })
	return s
}

// Another returns a site with the same config and environment, and a folder of its own.
func (s *Site) Another(t *testing.T) *Site {
	t.Helper()
	other := &Site{Binary: s.Binary, Config: s.Config, Dir: t.TempDir(), Env: maps.Clone(s.Env)}
	s.others = append(s.others, other)
	t.Cleanup(func() { other.showLog(t) })
	return other
}

// Copy returns a site with a copy of the database as it lies there, without payloads.
func (s *Site) Copy(t *testing.T) *Site {
	t.Helper()
	copied := &Site{Binary: s.Binary, Config: s.Config, Dir: t.TempDir(), Env: maps.Clone(s.Env)}
	files, err := filepath.Glob(filepath.Join(s.Dir, "labelgate.db*"))
	require.NoError(t, err)
	for _, file := range files {
		content, err := os.ReadFile(file)
		if errors.Is(err, syscall.EISDIR) {
			continue
		}
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(copied.Dir, filepath.Base(file)), content, 0o600)) //nolint:gosec // folders of the test
	}
	copied.Env["LABELGATE_STORE"] = "sqlite://" + filepath.Join(copied.Dir, "labelgate.db")
	return copied
}

// shownLog is how much of the log a failed test shows.
const shownLog = 8 << 10

func (s *Site) showLog(t *testing.T) {
	t.Helper()
	if text, err := os.ReadFile(s.logFile()); t.Failed() && err == nil {
		t.Logf("the end of the gateway's log:\n%s", text[max(0, len(text)-shownLog):])
	}
}

// DropIn is one of the configs that replace a published handler: "aquarium-graphql" or "aquarium-rest".
func DropIn(name string) string { return filepath.Join(Root(), "configs", name+".yaml") }

// CLI runs a command at the site: `labelgate ARGS -c CONFIG`.
func (s *Site) CLI(t *testing.T, args ...string) Result {
	t.Helper()
	return s.Binary.Run(t, Command{Args: append(args, "-c", s.Config), Env: s.Environ(), Dir: s.Dir})
}

// Delivery is what `deliveries show` says of one delivery.
func (s *Site) Delivery(t *testing.T, id int64) Delivery {
	t.Helper()
	shown := s.CLI(t, "deliveries", "show", strconv.FormatInt(id, 10), "-o", "json")
	require.Zero(t, shown.Code, shown.Stderr)
	var d Delivery
	require.NoError(t, json.Unmarshal([]byte(shown.Stdout), &d))
	return d
}

// Sizes returns the size of every file at the site, by its path below Dir: database, write-ahead log, payloads, log.
func (s *Site) Sizes(t *testing.T) map[string]int64 {
	t.Helper()
	sizes := map[string]int64{}
	require.NoError(t, filepath.WalkDir(s.Dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone since the folder was read
		}
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		name, _ := filepath.Rel(s.Dir, path)
		sizes[name] = info.Size()
		return err
	}))
	return sizes
}

// Logged counts the times that a text is in the log of the site's gateways, and of those at the sites made by Another.
func (s *Site) Logged(t *testing.T, what string) int {
	t.Helper()
	text, err := os.ReadFile(s.logFile())
	require.NoError(t, err)
	count := strings.Count(string(text), what)
	for _, other := range s.others {
		count += other.Logged(t, what)
	}
	return count
}

func (s *Site) logFile() string { return filepath.Join(s.Dir, "gateway.log") }

// Environ is the whole environment of commands at the site.
func (s *Site) Environ() []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.Dir}
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		env = append(env, name+"="+s.Env[name])
	}
	return env
}
