package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"
)

// due is a delivery that can be claimed.
type due struct {
	id, route, at int64
	state         stateCode
}

// Take claims a delivery that was just accepted. As long as nothing has touched it since, this reads nothing.
func (s *sqliteStore) Take(ctx context.Context, d *Delivery) error {
	s.claims.mu.Lock()
	defer s.claims.mu.Unlock()
	if _, claimed := s.claims.byID[d.ID]; claimed {
		return ErrLost
	}
	route, fresh := s.claims.fresh[d.ID]
	if !fresh {
		var err error
		if route, err = s.untouched(ctx, d); err != nil {
			return err
		}
	}
	d.Token = s.claims.add(claim{id: d.ID, route: route, state: codeQueued}).token
	d.State = Running
	return nil
}

// untouched reads whether a delivery is as Accept left it.
func (s *sqliteStore) untouched(ctx context.Context, d *Delivery) (route int64, err error) {
	err = s.read.untouched.QueryRowContext(ctx, d.ID, millis(d.AcceptedAt)).Scan(&route)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, ErrLost
	}
	return route, s.wrap(err)
}

// Claim takes deliveries that are due.
func (s *sqliteStore) Claim(ctx context.Context, routes []string, now time.Time, limit int) ([]Delivery, error) {
	taken, err := s.claimDue(ctx, routes, now, limit)
	if err != nil {
		return nil, err
	}
	deliveries := make([]Delivery, 0, len(taken))
	for _, cl := range taken {
		d, err := s.read.claimed(ctx, s, cl)
		if err != nil {
			for _, cl := range taken {
				s.claims.end(cl, nil)
			}
			return nil, s.wrap(err)
		}
		deliveries = append(deliveries, d)
	}
	return deliveries, nil
}

func (s *sqliteStore) claimDue(ctx context.Context, routes []string, now time.Time, limit int) ([]*claim, error) {
	s.claims.mu.Lock()
	defer s.claims.mu.Unlock()
	list, err := s.unclaimed(ctx, routes, now.UnixMilli(), limit)
	if err != nil {
		return nil, err
	}
	taken := make([]*claim, len(list))
	for i, l := range list {
		taken[i] = s.claims.add(claim{id: l.id, route: l.route, state: l.state})
	}
	return taken, nil
}

// NextDue is when Claim will find something.
func (s *sqliteStore) NextDue(ctx context.Context, routes []string) (at time.Time, ok bool, err error) {
	s.claims.mu.Lock()
	defer s.claims.mu.Unlock()
	list, err := s.unclaimed(ctx, routes, 1<<62, 1)
	if err != nil || len(list) == 0 {
		return time.Time{}, false, err
	}
	return fromMillis(list[0].at), true, nil
}

// unclaimed lists up to limit deliveries that are due until then, earliest first, and not claimed. The lock is held.
func (s *sqliteStore) unclaimed(ctx context.Context, routes []string, until int64, limit int) ([]due, error) {
	var all []due
	for _, name := range routes {
		route, ok := s.names.id(name)
		if !ok {
			continue
		}
		some, err := s.unclaimedOf(ctx, route, until, limit)
		if err != nil {
			return nil, s.wrap(err)
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b due) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.id, b.id)) })
	return all[:min(limit, len(all))], nil
}

// unclaimedOf reads past the claimed ones, which are few and come first.
func (s *sqliteStore) unclaimedOf(ctx context.Context, route, until int64, limit int) (list []due, err error) {
	rows, err := s.read.due.QueryContext(ctx, route, until)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for len(list) < limit && rows.Next() {
		d := due{route: route}
		if err := rows.Scan(&d.id, &d.at, &d.state); err != nil {
			return nil, err
		}
		if _, claimed := s.claims.byID[d.id]; !claimed {
			list = append(list, d)
		}
	}
	return list, rows.Err()
}

// Release ends a claim. On disk the delivery never left its place.
func (s *sqliteStore) Release(_ context.Context, d *Delivery) error {
	cl, err := s.claims.use(d, func(cl *claim) { cl.ending = true })
	if err != nil {
		return err
	}
	if cl.late != nil {
		<-cl.late.Done() // whoever claims it next reads its steps
	}
	s.claims.end(cl, nil)
	return nil
}
