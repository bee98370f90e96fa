package store

import (
	"context"
	"database/sql"
	"time"
)

// BeginPause pauses a destination.
func (s *sqliteStore) BeginPause(ctx context.Context, p Pause) (begun bool, err error) {
	err = s.do(ctx, func() error {
		result, err := s.write.beginPause.Exec(p.Destination, string(p.By), string(p.Reason), p.Detail, millis(p.Since), millis(p.ProbeAt))
		begun = changed(result, err)
		return err
	})
	return begun, err
}

// EndPause resumes a destination.
func (s *sqliteStore) EndPause(ctx context.Context, destination string, by PausedBy, at time.Time) (ended bool, err error) {
	err = s.do(ctx, func() error {
		result, err := s.write.endPause.Exec(millis(at), destination, string(by))
		if ended = changed(result, err); !ended {
			return err
		}
		_, err = s.write.forgetPauses.Exec(destination, keptPauses)
		return err
	})
	return ended, err
}

// Probe takes a probe whose time has come.
func (s *sqliteStore) Probe(ctx context.Context, destination string, now, next time.Time) (mine bool, err error) {
	err = s.do(ctx, func() error {
		result, err := s.write.probe.Exec(millis(next), destination, millis(now))
		mine = changed(result, err)
		return err
	})
	return mine, err
}

// Pauses reads the pauses.
func (s *sqliteStore) Pauses(ctx context.Context, endedAfter time.Time) ([]Pause, error) {
	list := []Pause{}
	err := s.read.each(ctx, `SELECT destination, paused_by, reason, detail, since, until, probe_at, probes FROM pause
		WHERE until = 0 OR until > ? ORDER BY since, id`, func(rows *sql.Rows) error {
		var p Pause
		var since, until, probeAt int64
		err := rows.Scan(&p.Destination, &p.By, &p.Reason, &p.Detail, &since, &until, &probeAt, &p.Probes)
		p.Since, p.Until, p.ProbeAt = fromMillis(since), fromMillis(until), fromMillis(probeAt)
		list = append(list, p)
		return err
	}, millis(endedAfter))
	return list, s.wrap(err)
}

// changed reports whether a statement changed a row.
func changed(result sql.Result, err error) bool {
	if err != nil {
		return false
	}
	n, err := result.RowsAffected()
	return err == nil && n > 0
}
