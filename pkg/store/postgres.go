package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgresStore is a store in a PostgreSQL database that any number of replicas share. PostgreSQL is the arbiter of
// everything: who has a delivery, who lives, how many calls are in flight. Nothing here compares clocks or trusts a lease.
type postgresStore struct {
	id      string
	name    string // the database, for messages; without the password
	pool    *pgxpool.Pool
	group   *pgGroup
	session *pgSession
	claims  *pgClaims
	turns   *pgTurns
	spill   string
}

// pgWriters is how many transactions write at once. Each takes whatever writes are queued, so more of them would only make
// smaller ones.
const pgWriters = 4

// pgConnections is how many connections a replica has, beside the one of its session.
const pgConnections = 12

func openPostgres(ctx context.Context, text string) (_ Store, err error) {
	config, err := pgConfig(text)
	if err != nil {
		return nil, err
	}
	s := &postgresStore{name: databaseName(config.ConnConfig), claims: newPGClaims()}
	defer func() {
		if err != nil {
			_ = s.closeAll() // the error that matters is why it did not open
		}
	}()
	if err = migratePostgres(ctx, config.ConnConfig); err != nil {
		return nil, s.wrap(err)
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, s.wrap(err)
	}
	if err = s.pool.QueryRow(ctx, `SELECT value FROM meta WHERE key = 'id'`).Scan(&s.id); err != nil {
		return nil, s.wrap(fmt.Errorf("id of the store: %w", err))
	}
	var copying bool
	err = s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM meta WHERE key = 'copying')`).Scan(&copying)
	if err = complete(copying, err); err != nil {
		return nil, s.wrap(err)
	}
	if s.spill, err = os.MkdirTemp("", "labelgate-spill-"); err != nil {
		return nil, err
	}
	s.group = newPGGroup(s.pool, pgWriters)
	s.turns = newPGTurns(newPGGroup(s.pool, 1))
	if s.session, err = openPGSession(ctx, config.ConnConfig, s); err != nil {
		return nil, s.wrap(err)
	}
	return s, nil
}

// pgConfig reads a URL. A password is better kept out of it: PGPASSWORD, ~/.pgpass and client certificates work.
func pgConfig(text string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("store.url: not a PostgreSQL URL: %w", scrub(text, err))
	}
	config.MaxConns = pgConnections
	for name, value := range map[string]string{
		"application_name": "labelgate",
		// A replica that is stopped inside a transaction must not hold its row locks for ever.
		"idle_in_transaction_session_timeout": "10s",
		// The server notices a dead peer within about 11 seconds, so that its replica is taken over.
		"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "3", "tcp_keepalives_count": "2",
		"synchronous_commit": "on", "jit": "off",
	} {
		if _, set := config.ConnConfig.RuntimeParams[name]; !set {
			config.ConnConfig.RuntimeParams[name] = value
		}
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	return config, nil
}

// scrub keeps a password out of an error.
func scrub(text string, err error) error {
	u, parseErr := url.Parse(text)
	if parseErr != nil {
		return errors.New("it cannot be read; write postgres://user@host/database")
	}
	message := err.Error()
	password, _ := u.User.Password()
	for _, secret := range []string{password, u.Query().Get("password")} {
		if secret != "" {
			message = strings.ReplaceAll(message, secret, "xxxxx")
		}
	}
	return errors.New(message)
}

func databaseName(c *pgx.ConnConfig) string {
	return fmt.Sprintf("postgres://%s@%s:%d/%s", c.User, c.Host, c.Port, c.Database)
}

// ID returns the id that the store got when it was made.
func (s *postgresStore) ID() string { return s.id }

// SpillDir is a temporary folder of this process.
func (s *postgresStore) SpillDir() string { return s.spill }

// Ping writes a row, and reports whether this replica still counts as alive.
func (s *postgresStore) Ping(ctx context.Context) error {
	if err := s.session.alive(); err != nil {
		return s.wrap(err)
	}
	return s.do(ctx, pgStatement{
		text: `INSERT INTO meta VALUES ('pinged', $1) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
		args: []any{time.Now().UTC().Format(time.RFC3339Nano)},
	})
}

// SetAddress tells people where this replica can be reached.
func (s *postgresStore) SetAddress(addr string) error { return s.wrap(s.session.setAddress(addr)) }

// Wake is told when the store may hold work that this replica did not bring: of another one, or of one that died.
func (s *postgresStore) Wake() <-chan struct{} { return s.session.woken }

// Close waits for running writes and closes. What this replica still has goes to the others.
func (s *postgresStore) Close() error {
	s.group.close()
	s.turns.group.close()
	return errors.Join(s.session.close(), s.closeAll())
}

func (s *postgresStore) closeAll() error {
	if s.pool != nil {
		s.pool.Close()
	}
	if s.spill != "" {
		return os.RemoveAll(s.spill)
	}
	return nil
}

// wrap names the database, and marks what another try may mend.
func (s *postgresStore) wrap(err error) error {
	switch {
	case err == nil:
		return nil
	case isFull(err):
		return fmt.Errorf("store %s: %s: %w: %w", s.name, diskFull, ErrUnavailable, err)
	case isUnavailable(err):
		return fmt.Errorf("store %s: %w: %w", s.name, ErrUnavailable, err)
	default:
		return fmt.Errorf("store %s: %w", s.name, err)
	}
}
