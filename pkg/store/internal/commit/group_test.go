package commit_test

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/store/internal/commit"
)

var (
	errDisk = errors.New("disk error")
	errSync = errors.New("sync error")
	errBad  = errors.New("bad write")
)

// engine is a database of numbers in memory, whose commits can be held up and made to fail.
type engine struct {
	open    []int
	stored  []int
	commits int
	idle    atomic.Int32
	held    chan struct{}
	fail    error
}

func (e *engine) Begin() error { e.open = nil; return nil }

func (e *engine) Commit() error {
	if e.held != nil {
		<-e.held
	}
	e.commits++
	if e.fail != nil {
		return e.fail
	}
	e.stored = append(e.stored, e.open...)
	return nil
}

func (e *engine) Rollback()            { e.open = nil }
func (e *engine) Fatal(err error) bool { return errors.Is(err, errSync) }
func (e *engine) Idle()                { e.idle.Add(1) }

func (e *engine) put(n int) func() error {
	return func() error {
		if n < 0 {
			return errBad
		}
		e.open = append(e.open, n)
		return nil
	}
}

func TestWritesShareACommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := &engine{held: make(chan struct{})}
		g := commit.New(e, time.Hour)
		var all sync.WaitGroup
		start := func(n int) { all.Go(func() { require.NoError(t, g.Do(e.put(n))) }) }
		start(0)
		synctest.Wait() // the first is being committed
		for n := 1; n < 200; n++ {
			start(n)
		}
		synctest.Wait() // the others queue
		close(e.held)
		all.Wait()
		g.Close()
		require.Equal(t, 2, e.commits)
		require.Len(t, e.stored, 200)
	})
}

func TestOnlyTheBadWriteFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := &engine{held: make(chan struct{})}
		g := commit.New(e, time.Hour)
		var all sync.WaitGroup
		all.Go(func() { require.NoError(t, g.Do(e.put(0))) })
		synctest.Wait()
		for _, n := range []int{1, -1, 2} {
			all.Go(func() {
				if err := g.Do(e.put(n)); n < 0 {
					require.ErrorIs(t, err, errBad)
				} else {
					require.NoError(t, err)
				}
			})
		}
		synctest.Wait()
		close(e.held)
		all.Wait()
		g.Close()
		slices.Sort(e.stored)
		require.Equal(t, []int{0, 1, 2}, e.stored)
	})
}

func TestACommitErrorReachesEveryCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := &engine{held: make(chan struct{}), fail: errDisk}
		g := commit.New(e, time.Hour)
		var all sync.WaitGroup
		for n := range 10 {
			all.Go(func() { require.ErrorIs(t, g.Do(e.put(n)), errDisk) })
		}
		synctest.Wait()
		close(e.held)
		all.Wait()
		e.fail = nil
		require.NoError(t, g.Do(e.put(1)), "a full disk can have room again")
		g.Close()
	})
}

func TestAFatalErrorEndsAllWrites(t *testing.T) {
	t.Parallel()
	e := &engine{fail: errSync}
	g := commit.New(e, time.Hour)
	require.ErrorIs(t, g.Do(e.put(1)), errSync)
	e.fail = nil
	err := g.Do(e.put(2))
	require.ErrorIs(t, err, errSync)
	require.ErrorContains(t, err, "no more writes")
	g.Close()
	require.ErrorIs(t, g.Do(e.put(3)), commit.ErrClosed)
	require.Empty(t, e.stored)
}

// TestALateWriteComesFirst: it is carried out before what is started after it, which is told when it has failed.
func TestALateWriteComesFirst(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		n       int
		fail    error
		waits   bool // the one after it is started when it has failed
		failure error
	}{
		{name: "it is on disk", n: 1},
		{name: "it is bad", n: -1, failure: errBad},
		{name: "it is bad, and that is known", n: -1, waits: true, failure: errBad},
		{name: "the disk fails", n: 1, fail: errDisk, failure: errDisk},
		{name: "the disk fails, and that is known", n: 1, fail: errDisk, waits: true, failure: errDisk},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := &engine{held: make(chan struct{}), fail: c.fail}
				g := commit.New(e, time.Hour)
				var all sync.WaitGroup
				all.Go(func() { require.ErrorIs(t, g.Do(e.put(0)), c.fail) })
				synctest.Wait() // it is being committed
				late, err := g.Start(e.put(c.n))
				require.NoError(t, err)
				require.NoError(t, late.Failed(), "nothing is known yet")
				if c.waits {
					close(e.held)
					<-late.Done()
					require.ErrorIs(t, late.Failed(), c.failure)
					e.fail = nil
				}
				all.Go(func() {
					err := g.Do(func() error {
						if err := late.Failed(); err != nil {
							return err
						}
						return e.put(2)()
					})
					require.ErrorIs(t, err, c.failure)
				})
				synctest.Wait()
				if !c.waits {
					close(e.held)
				}
				all.Wait()
				if c.failure == nil {
					require.Equal(t, []int{0, 1, 2}, e.stored)
				} else {
					require.NotContains(t, e.stored, 2)
				}
				g.Close()
				_, err = g.Start(e.put(3))
				require.ErrorIs(t, err, commit.ErrClosed)
			})
		})
	}
}

func TestIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := &engine{}
		g := commit.New(e, time.Second)
		require.NoError(t, g.Do(e.put(1)))
		<-time.After(900 * time.Millisecond)
		require.NoError(t, g.Do(e.put(2)))
		<-time.After(900 * time.Millisecond)
		synctest.Wait()
		require.Zero(t, e.idle.Load())
		<-time.After(time.Minute)
		synctest.Wait()
		require.Equal(t, int32(1), e.idle.Load())
		g.Close()
	})
}
