package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Take claims a delivery that was just accepted.
func (s *postgresStore) Take(ctx context.Context, d *Delivery) error {
	if err := s.session.alive(); err != nil {
		return s.wrap(err)
	}
	s.claims.claiming.RLock()
	defer s.claims.claiming.RUnlock()
	var token int64
	err := s.do(ctx, pgStatement{
		text: `WITH taken AS (UPDATE delivery SET owner = $1, token = token + 1
			WHERE id = $2 AND owner IS NULL AND state = 0 AND updated_at = $3 AND attempts = 0
			AND NOT EXISTS (SELECT FROM step WHERE delivery = $2) RETURNING token)
			SELECT coalesce((SELECT token FROM taken), 0)`,
		args: []any{s.session.replica(), d.ID, millis(d.AcceptedAt)}, into: []any{&token},
	})
	switch {
	case isReaped(err):
		return s.wrap(errNoSession)
	case err != nil:
		s.claims.doubted(err)
		return err
	case token == 0:
		return ErrLost
	}
	d.Token, d.State = token, Running
	s.claims.add(d, false)
	return nil
}

// due finds deliveries that can be claimed, route by route, so that the index gives them in order.
const dueOf = `SELECT f.id, f.due FROM unnest($1::text[]) AS r (route) CROSS JOIN LATERAL (
	SELECT id, due FROM delivery WHERE route = r.route AND owner IS NULL AND due IS NOT NULL AND due <= $2
	ORDER BY due, id LIMIT $3`

// Claim takes deliveries that are due. Those that another replica is just claiming are passed over.
func (s *postgresStore) Claim(ctx context.Context, routes []string, now time.Time, limit int) ([]Delivery, error) {
	if err := s.session.alive(); err != nil {
		return nil, s.wrap(err)
	}
	s.claims.claiming.RLock()
	defer s.claims.claiming.RUnlock()
	rows, err := s.pool.Query(ctx, `WITH due AS (`+dueOf+` FOR UPDATE SKIP LOCKED) f ORDER BY f.due, f.id LIMIT $3),
		claimed AS (UPDATE delivery d SET owner = $4, token = token + 1 FROM due WHERE d.id = due.id RETURNING d.*)
		`+pgDeliveryRow+`FROM claimed d JOIN event e ON e.id = d.id`, routes, now.UnixMilli(), limit, s.session.replica())
	var claimed []pgDelivery
	if err == nil {
		claimed, err = s.collect(rows)
	}
	if isReaped(err) {
		err = errNoSession
	}
	if err != nil {
		s.claims.doubted(err)
		return nil, s.wrap(err)
	}
	slices.SortFunc(claimed, func(a, b pgDelivery) int { return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.ID, b.ID)) })
	list := make([]Delivery, len(claimed))
	for i, c := range claimed {
		list[i] = c.Delivery
		s.claims.add(&list[i], c.plan != planned{})
	}
	return list, nil
}

// NextDue is when Claim will find something.
func (s *postgresStore) NextDue(ctx context.Context, routes []string) (at time.Time, ok bool, err error) {
	var id, ms int64
	err = s.read(ctx, func() error {
		return s.pool.QueryRow(ctx, dueOf+`) f ORDER BY f.due, f.id LIMIT 1`, routes, int64(1<<62), 1).Scan(&id, &ms)
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return time.Time{}, false, nil
	case err != nil:
		return time.Time{}, false, err
	}
	return fromMillis(ms), true, nil
}

// Release ends a claim.
func (s *postgresStore) Release(ctx context.Context, d *Delivery) error {
	if _, err := s.claims.use(d, func(cl *pgClaim) { cl.ending = true }); err != nil {
		return err
	}
	err := s.insist(ctx, pgStatement{
		text: guard(`UPDATE delivery SET owner = NULL WHERE id = $1 AND token = $2 AND owner IS NOT NULL RETURNING 1`),
		args: []any{d.ID, d.Token}, none: ErrLost,
	})
	s.claims.end(d, err)
	if err != nil {
		s.claims.drop(d)
	}
	return err
}
