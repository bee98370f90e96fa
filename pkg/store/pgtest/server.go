package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL server.
type Server struct {
	bin, dir string
	port     int
	as       *syscall.Credential // who runs it; nil for the tests' own user
	life     io.WriteCloser      // the server ends with it, also when the tests are killed
	cmd      *exec.Cmd
	pid      int
}

// New makes a server and starts it. Its data are not synced to disk: tests kill processes, not machines.
func New() (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin}
	if s.dir, err = os.MkdirTemp("", "labelgate-postgres-"); err != nil {
		return nil, err
	}
	if s.as, err = s.otherUser(); err == nil {
		err = s.run("initdb", "-D", s.data(), "-U", "labelgate", "--auth=trust", "--no-sync", "--no-locale", "-E", "UTF8")
	}
	if err == nil {
		err = s.configure()
	}
	if err == nil {
		err = s.choosePort()
	}
	if err == nil {
		err = s.Start()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	return s, nil
}

// URL is that of the server's database.
func (s *Server) URL() string {
	return fmt.Sprintf("postgres://labelgate@127.0.0.1:%d/postgres", s.port)
}

// Start starts a server that was stopped or killed, on the same port, and returns when it answers.
func (s *Server) Start() error {
	// The shell ends the server when its standard input does, and so with the tests, however these end.
	s.cmd = s.command("sh", "-c", `"$0" "$@" & server=$!; echo $server; read _; kill -INT $server 2>/dev/null; wait $server`,
		filepath.Join(s.bin, "postgres"), "-D", s.data(), "-p", strconv.Itoa(s.port), "-h", "127.0.0.1", "-k", s.dir)
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if s.life, err = s.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	if _, err := fmt.Fscan(out, &s.pid); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return s.await()
}

// Kill ends the server and all its connections at once, as a crash of its machine would; Start recovers what was committed.
func (s *Server) Kill() { s.signal(syscall.SIGQUIT) } // "immediate shutdown"

// Freeze stops the server process from accepting connections, Thaw lets it go on. Connections that are there live on.
func (s *Server) Freeze() { _ = syscall.Kill(s.pid, syscall.SIGSTOP) }

// Thaw undoes Freeze.
func (s *Server) Thaw() { _ = syscall.Kill(s.pid, syscall.SIGCONT) }

// Stop ends the server in order; connections are broken off.
func (s *Server) Stop() { s.signal(syscall.SIGINT) } // "fast shutdown"

// Remove stops the server and deletes its data.
func (s *Server) Remove() {
	s.Stop()
	_ = os.RemoveAll(s.dir) // it is in the folder for temporary files anyway
}

func (s *Server) signal(how syscall.Signal) {
	if s.cmd == nil {
		return
	}
	_ = syscall.Kill(s.pid, how)
	_ = s.life.Close()
	_ = s.cmd.Wait() // its exit code says how it was ended, which is known
	s.cmd = nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// otherUser is who runs the server, which refuses to run as root.
func (s *Server) otherUser() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil //nolint:nilnil // nobody else is needed
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr, os.Chown(s.dir, int(uid), int(gid))); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...) //nolint:noctx,gosec // it ends with Remove; the programs are those of .ci/postgres
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	if s.as != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	}
	return cmd
}

func (s *Server) run(program string, args ...string) error {
	out, err := s.command(filepath.Join(s.bin, program), args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, bytes.TrimSpace(out))
	}
	return nil
}

// settings suit tests: quick, and quiet.
const settings = `
fsync = off
max_connections = 400
shared_buffers = 64MB
log_min_messages = fatal
autovacuum_naptime = 10s
max_wal_size = 256MB
`

func (s *Server) configure() error {
	file, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(settings)
	return errors.Join(err, file.Close())
}

func (s *Server) choosePort() error {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not wait
	if err != nil {
		return err
	}
	s.port = l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // a TCP listener has a TCP address
	return l.Close()
}

// await returns when the server answers.
func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) //nolint:forbidigo // also used without a test
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, s.URL())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("postgres does not answer: %w", err)
		}
	}
}

// programs is the folder of the server's programs.
func programs() (string, error) {
	_, here, _, _ := runtime.Caller(0)
	script := filepath.Join(filepath.Dir(here), "..", "..", "..", ".ci", "postgres")
	cmd := exec.Command(script) //nolint:noctx,gosec // our own script; it installs, which takes as long as it takes
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	return strings.TrimSpace(string(out)), nil
}
