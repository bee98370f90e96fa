package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// BeginPause pauses a destination.
func (s *postgresStore) BeginPause(ctx context.Context, p Pause) (begun bool, err error) {
	return s.changes(ctx, `INSERT INTO pause (destination, paused_by, reason, detail, since, probe_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (destination) WHERE until = 0 DO UPDATE SET paused_by = excluded.paused_by, reason = excluded.reason,
		detail = excluded.detail, probe_at = excluded.probe_at WHERE pause.paused_by = 'breaker' AND excluded.paused_by = 'person'`,
		p.Destination, string(p.By), string(p.Reason), clean(p.Detail), millis(p.Since), millis(p.ProbeAt))
}

// EndPause resumes a destination.
func (s *postgresStore) EndPause(ctx context.Context, destination string, by PausedBy, at time.Time) (ended bool, err error) {
	ended, err = s.changes(ctx, `UPDATE pause SET until = $1, probe_at = 0
		WHERE destination = $2 AND until = 0 AND ($3::text = '' OR paused_by = $3::text)`, millis(at), destination, string(by))
	if err != nil || !ended {
		return ended, err
	}
	_, err = s.changes(ctx, `DELETE FROM pause WHERE destination = $1 AND until > 0 AND id NOT IN
		(SELECT id FROM pause WHERE destination = $1 AND until > 0 ORDER BY id DESC LIMIT $2)`, destination, keptPauses)
	return true, err
}

// Probe takes a probe whose time has come.
func (s *postgresStore) Probe(ctx context.Context, destination string, now, next time.Time) (mine bool, err error) {
	return s.changes(ctx, `UPDATE pause SET probe_at = $1, probes = probes + 1
		WHERE destination = $2 AND until = 0 AND probe_at > 0 AND probe_at <= $3`, millis(next), destination, millis(now))
}

// Pauses reads the pauses.
func (s *postgresStore) Pauses(ctx context.Context, endedAfter time.Time) ([]Pause, error) {
	list := []Pause{}
	err := s.read(ctx, func() error {
		rows, err := s.pool.Query(ctx, `SELECT destination, paused_by, reason, detail, since, until, probe_at, probes FROM pause
			WHERE until = 0 OR until > $1 ORDER BY since, id`, millis(endedAfter))
		if err == nil {
			list, err = pgx.AppendRows(list[:0], rows, scanPGPause)
		}
		return err
	})
	return list, err
}

func scanPGPause(row pgx.CollectableRow) (p Pause, err error) {
	var since, until, probeAt int64
	err = row.Scan(&p.Destination, &p.By, &p.Reason, &p.Detail, &since, &until, &probeAt, &p.Probes)
	p.Since, p.Until, p.ProbeAt = fromMillis(since), fromMillis(until), fromMillis(probeAt)
	return p, err
}

// changes runs a statement and reports whether it changed a row.
func (s *postgresStore) changes(ctx context.Context, text string, args ...any) (bool, error) {
	tag, err := s.pool.Exec(ctx, text, args...)
	return err == nil && tag.RowsAffected() > 0, s.wrap(err)
}
