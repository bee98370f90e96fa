package store_test

import (
	"bufio"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
)

// A file descriptor of the write-ahead log that leads elsewhere makes the disk fail, without a VFS of our own: one that
// is open for reading only cannot be written, and syncing /dev/null is an error.

func TestAWriteErrorReachesEveryCallerAndPasses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	wal := filepath.Join(dir, "ledger.db-wal")
	s := openIn(t, dir)
	_, err := acceptBody(t, s, "before")
	require.NoError(t, err)
	mend := redirect(t, wal, wal)
	var all sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		all.Go(func() { _, errs[i] = acceptBody(t, s, strconv.Itoa(i)) })
	}
	all.Wait()
	for _, err := range errs {
		require.ErrorContains(t, err, "disk I/O error")
		require.ErrorContains(t, err, dir)
	}
	require.Error(t, s.Ping(t.Context()))
	mend()
	require.NoError(t, s.Ping(t.Context()))
	_, err = acceptBody(t, s, "after")
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.Equal(t, 2, countAll(t, dir))
}

func TestAFullDiskTakesNothingHalf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("mounting a small disk: %v (needs root)", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, 0)) })
	s := openIn(t, dir)
	accepted := 0
	var err error
	for ; err == nil; accepted++ {
		require.Less(t, accepted, 1000)
		_, err = acceptBody(t, s, fmt.Sprintf("%050000d", accepted))
	}
	require.ErrorContains(t, err, "the disk is full; make room")
	_, err = acceptBody(t, s, strings.Repeat("large", 1_000_000))
	require.ErrorContains(t, err, "no space left on device")
	payloads, err := os.ReadDir(filepath.Join(dir, "ledger.db.payloads"))
	require.NoError(t, err)
	require.Empty(t, payloads)
	list, err := s.List(t.Context(), store.Filter{Limit: 1000})
	require.NoError(t, err)
	require.Len(t, list, accepted-1)
	require.NoError(t, s.Close())
}

// TestAReadOnlyFileSystem: a store on one is an error that says so, at the start and while it runs; it is never an empty store, and
// goes on when the file system can be written again.
func TestAReadOnlyFileSystem(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("mounting a small disk: %v (needs root)", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, 0)) })
	s := openIn(t, dir)
	_, err := acceptBody(t, s, "before")
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	_, err = store.Open(t.Context(), "sqlite://"+filepath.Join(dir, "ledger.db"))
	require.ErrorContains(t, err, "read-only")
	_, err = store.Open(t.Context(), "sqlite://"+filepath.Join(dir, "other.db"))
	require.ErrorContains(t, err, "read-only")
	require.NoFileExists(t, filepath.Join(dir, "other.db"))
	require.NoError(t, syscall.Mount("", dir, "", syscall.MS_REMOUNT, ""))
	require.Equal(t, 1, countAll(t, dir))
}

// TestADamagedPageIsRefused: what is read of a damaged database is an error in clear words, and nothing is written any more.
func TestADamagedPageIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	for i := range 200 {
		_, err := acceptBody(t, s, fmt.Sprintf("%05000d", i))
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
	path := filepath.Join(dir, "ledger.db")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	for page := 20; page < len(content)/4096; page += 3 { // the first pages hold the schema: opening finds those
		copy(content[page*4096:], "damaged damaged damaged damaged damaged")
	}
	require.NoError(t, os.WriteFile(path, content, 0o600))
	r, err := store.OpenToRead(t.Context(), "sqlite://"+path)
	if err == nil {
		_, err = store.Audit(t.Context(), r)
		require.NoError(t, r.Close())
	}
	require.ErrorContains(t, err, "the database is damaged")
	if s, err = store.Open(t.Context(), "sqlite://"+path); err == nil {
		for i := 0; err == nil && i < 500; i++ {
			_, err = acceptBody(t, s, fmt.Sprintf("%05000d", 1000+i))
		}
		require.NoError(t, s.Close())
	}
	require.ErrorContains(t, err, "the database is damaged")
	require.FileExists(t, path)
}

func TestAfterAFailedSyncNothingIsWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	_, err := acceptBody(t, s, "before")
	require.NoError(t, err)
	mend := redirect(t, filepath.Join(dir, "ledger.db-wal"), "/dev/null")
	_, err = acceptBody(t, s, "lost")
	require.ErrorContains(t, err, "disk I/O error")
	mend()
	_, err = acceptBody(t, s, "after")
	require.ErrorContains(t, err, "no more writes until the gateway is restarted")
	require.ErrorContains(t, s.Ping(t.Context()), "no more writes")
	require.NoError(t, s.Close())
	require.Equal(t, 1, countAll(t, dir))
}

func TestAPayloadThatCannotBeWrittenIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	payloads := filepath.Join(dir, "ledger.db.payloads")
	require.NoError(t, os.RemoveAll(payloads))
	_, err := acceptBody(t, s, strings.Repeat("large", 100_000))
	require.ErrorContains(t, err, payloads)
	_, err = acceptBody(t, s, "small")
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

// TestKilled kills a process that accepts events, at a random moment, and looks for every event that it said it had.
func TestKilled(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv("STORE_TEST_ACCEPT_IN"); dir != "" {
		acceptForEver(t, openIn(t, dir))
	}
	for round := range 4 {
		dir := t.TempDir()
		child := osexec.Command(os.Args[0], "-test.run=^TestKilled$")
		child.Env = append(os.Environ(), "STORE_TEST_ACCEPT_IN="+dir)
		out, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		acknowledged := map[int64]bool{}
		for lines := bufio.NewScanner(out); lines.Scan(); {
			id, err := strconv.ParseInt(lines.Text(), 10, 64)
			if err != nil {
				continue // the last line, cut short
			}
			acknowledged[id] = true
			if len(acknowledged) == 50*(round+1) {
				require.NoError(t, child.Process.Kill())
			}
		}
		require.Error(t, child.Wait())
		s := openIn(t, dir)
		require.GreaterOrEqual(t, len(acknowledged), 50*(round+1))
		for id := range acknowledged {
			d, err := s.Get(t.Context(), id)
			require.NoError(t, err)
			r, err := s.OpenPayload(t.Context(), &d.Delivery)
			require.NoError(t, err)
			require.NoError(t, r.Close())
		}
		require.NoError(t, s.Close())
	}
}

func acceptForEver(t *testing.T, s store.Store) {
	t.Helper()
	var all sync.WaitGroup
	for writer := range 8 {
		all.Go(func() {
			for i := 0; ; i++ {
				body := fmt.Sprintf("%d/%d", writer, i)
				if i%10 == 0 {
					body = strings.Repeat(body, 20_000)
				}
				if d, err := acceptBody(t, s, body); err == nil {
					fmt.Println(d.ID)
				}
			}
		})
	}
	all.Wait()
}

func acceptBody(t *testing.T, s store.Store, body string) (store.Delivery, error) {
	t.Helper()
	p, err := s.NewPayload()
	if err != nil {
		return store.Delivery{}, err
	}
	defer func() { _ = p.Close() }()
	if _, err := p.Write([]byte(body)); err != nil {
		return store.Delivery{}, err
	}
	got, err := s.Accept(t.Context(), store.Accept{
		Source: "s", Route: "r", Destination: "d", Event: &export.Event{},
		Payload: p, Now: time.Now(), Window: time.Minute,
	})
	return got.Delivery, err
}

func countAll(t *testing.T, dir string) int {
	t.Helper()
	s := openIn(t, dir)
	list, err := s.List(t.Context(), store.Filter{Limit: 1000})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	return len(list)
}

// redirect makes every open descriptor of a file lead to another that cannot be written (or whose writes go nowhere),
// until mend is called.
func redirect(t *testing.T, path, other string) (mend func()) {
	t.Helper()
	mode := os.O_RDONLY
	if other != path {
		mode = os.O_RDWR
	}
	open := descriptors(t, path)
	to, err := os.OpenFile(other, mode, 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, to.Close()) }()
	saved := map[int]int{}
	for _, fd := range open {
		saved[fd], err = syscall.Dup(fd)
		require.NoError(t, err)
		require.NoError(t, syscall.Dup3(int(to.Fd()), fd, 0))
	}
	require.NotEmpty(t, saved)
	return func() {
		for fd, original := range saved {
			require.NoError(t, syscall.Dup3(original, fd, 0))
			require.NoError(t, syscall.Close(original))
		}
	}
}

func descriptors(t *testing.T, path string) (open []int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		require.NoError(t, err)
		if name, _ := os.Readlink("/proc/self/fd/" + e.Name()); name == path {
			open = append(open, fd)
		}
	}
	return open
}
