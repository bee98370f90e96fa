package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// pgDeliveryRow selects what collect reads; FROM follows.
const pgDeliveryRow = `SELECT d.id, d.source, d.route, d.destination, d.state, d.owner IS NOT NULL, d.token, d.reason, d.detail,
	d.attempts, d.accepted, d.refused_plan, d.refused_vendor, d.accepted_at, d.updated_at, coalesce(d.due, 0), d.retrying_since,
	d.failures, e.size, e.digest, e.envelope, EXISTS (SELECT FROM step WHERE delivery = d.id), d.noted, d.pending, ` + numberColumn + ` `

const pgDeliveries = pgDeliveryRow + `FROM delivery d JOIN event e ON e.id = d.id `

// pgDelivery is a delivery and what stands in its row beside.
type pgDelivery struct {
	Delivery
	plan planned
	due  int64
}

// collect reads rows of pgDeliveryRow.
func (s *postgresStore) collect(rows pgx.Rows) ([]pgDelivery, error) {
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p pgDelivery, err error) {
		var acceptedAt, updatedAt, retrying int64
		var state stateCode
		var refusedVendor int
		var digest []byte
		var envelope string
		var steps, claimed bool
		d := &p.Delivery
		err = row.Scan(&d.ID, &d.Source, &d.Route, &d.Destination, &state, &claimed, &d.Token, &d.Reason, &d.Detail,
			&d.Attempts, &d.Accepted, &p.plan.refused, &refusedVendor, &acceptedAt, &updatedAt, &p.due, &retrying,
			&d.Failures, &d.Size, &digest, &envelope, &steps, &p.plan.noted, &p.plan.pending, &d.Pass)
		if err != nil {
			return p, err
		}
		if d.Event, err = readEnvelope([]byte(envelope)); err != nil {
			return p, fmt.Errorf("delivery %d: envelope: %w", d.ID, err)
		}
		d.Key, d.Digest, d.Fresh = DeliveryKey(s.id, d.ID), hex.EncodeToString(digest), !steps
		d.State, d.Refused = stateNames[state], p.plan.refused+refusedVendor
		d.AcceptedAt, d.UpdatedAt, d.RetryingSince = fromMillis(acceptedAt), fromMillis(updatedAt), fromMillis(retrying)
		if state == codeWaiting || p.due > updatedAt {
			d.NextAt = fromMillis(p.due)
		}
		if claimed {
			d.State = Running
		} else {
			d.Token = 0
		}
		return p, nil
	})
}

func (s *postgresStore) query(ctx context.Context, where string, args ...any) ([]pgDelivery, error) {
	var list []pgDelivery
	err := s.read(ctx, func() error {
		rows, err := s.pool.Query(ctx, pgDeliveries+where, args...)
		if err == nil {
			list, err = s.collect(rows)
		}
		return err
	})
	return list, err
}

// readTries is how often a read is tried: a connection may have been broken since it was last used.
const readTries = 3

// read runs a read, again where a connection turns out to be broken.
func (s *postgresStore) read(ctx context.Context, read func() error) error {
	err := read()
	for n := 1; n < readTries && isUnavailable(err) && ctx.Err() == nil; n++ {
		err = read()
	}
	return s.wrap(err)
}

// planned reads one delivery and what its plan left.
func (s *postgresStore) planned(ctx context.Context, id int64) (Delivery, planned, error) {
	list, err := s.query(ctx, `WHERE d.id = $1`, id)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("delivery %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return Delivery{}, planned{}, err
	}
	return withoutToken(list)[0], list[0].plan, nil
}

func (s *postgresStore) delivery(ctx context.Context, id int64) (Delivery, error) {
	d, _, err := s.planned(ctx, id)
	return d, err
}

// withoutToken are deliveries for those who do not work on them.
func withoutToken(list []pgDelivery) []Delivery {
	out := make([]Delivery, len(list))
	for i := range list {
		out[i] = list[i].Delivery
		out[i].Token = 0
	}
	return out
}

// List reads deliveries.
func (s *postgresStore) List(ctx context.Context, f Filter) ([]Delivery, error) {
	where, args := pgWhere(f)
	list, err := s.query(ctx, where, args...)
	return withoutToken(list), err
}

// pgWhere makes the conditions of a filter.
func pgWhere(f Filter) (text string, args []any) {
	conditions := []string{"true"}
	add := func(condition string, arg any) {
		args = append(args, arg)
		conditions = append(conditions, strings.ReplaceAll(condition, "?", fmt.Sprintf("$%d", len(args))))
	}
	if f.Route != "" {
		add("d.route = ?", f.Route)
	}
	if f.Destination != "" {
		add("d.destination = ?", f.Destination)
	}
	if f.Before > 0 {
		add("d.id < ?", f.Before)
	}
	if f.After > 0 {
		add("d.id > ?", f.After)
	}
	if !f.Since.IsZero() {
		add("d.accepted_at >= ?", millis(f.Since))
	}
	if !f.Until.IsZero() {
		add("d.accepted_at < ?", millis(f.Until))
	}
	for _, word := range query(f.Search) {
		add(pgMatching, word)
	}
	if len(f.State) > 0 {
		conditions = append(conditions, pgStates(f.State))
	}
	order := "DESC"
	if f.OldestFirst {
		order = "ASC"
	}
	limit := f.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	return fmt.Sprintf("WHERE %s ORDER BY d.id %s LIMIT %d", strings.Join(conditions, " AND "), order, limit), args
}

// pgStates sees claimed deliveries as running. The numbers stand in the text, so that a partial index can be used.
func pgStates(states []State) string {
	var codes []int64
	running := false
	for _, state := range states {
		if state == Running {
			running = true
		} else {
			codes = append(codes, int64(state.code()))
		}
	}
	condition := "false"
	if len(codes) > 0 {
		condition = "d.state IN (" + numbers(codes) + ") AND d.owner IS NULL"
	}
	if running {
		condition = "(" + condition + " OR d.owner IS NOT NULL)"
	}
	return condition
}

// Get reads a delivery with its history.
func (s *postgresStore) Get(ctx context.Context, id int64) (*Detail, error) {
	return detailOf(ctx, s, id)
}

// Items lists the items of a delivery.
func (s *postgresStore) Items(ctx context.Context, id int64, f ItemFilter) (ItemPage, error) {
	d, err := s.Get(ctx, id)
	if err != nil {
		return ItemPage{}, err
	}
	return listItems(ctx, s, d, f)
}

// itemPage reads a page of the item ledger.
func (s *postgresStore) itemPage(ctx context.Context, delivery int64, kind pageKind, step string, n int) ([]byte, error) {
	var text string
	err := s.read(ctx, func() error {
		return s.pool.QueryRow(ctx, `SELECT entries FROM item_page WHERE delivery = $1 AND kind = $2 AND step = $3 AND n = $4`,
			delivery, int(kind), step, n).Scan(&text)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return []byte(text), err
}

// Steps reads the steps of a delivery. A delivery that is worked on waits for the database, for as long as writes do.
func (s *postgresStore) Steps(ctx context.Context, delivery int64) (list []Step, err error) {
	err = s.retry(ctx, func() error {
		rows, err := s.pool.Query(ctx, `SELECT name, digest, state, kept, items, refused, begun FROM step
			WHERE delivery = $1 ORDER BY begun, seq`, delivery)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, scanPGStep)
		if err == nil {
			err = readFailed(ctx, s, delivery, list)
		}
		return err
	})
	if list == nil {
		list = []Step{}
	}
	return list, err
}

func scanPGStep(row pgx.CollectableRow) (step Step, err error) {
	var state stepCode
	var begun int64
	var kept *string
	err = row.Scan(&step.ID, &step.Digest, &state, &kept, &step.Items, &step.Refused, &begun)
	if err == nil && kept != nil {
		err = json.Unmarshal([]byte(*kept), &step.Kept)
	}
	step.State, step.Begun = stepNames[state], fromMillis(begun)
	return step, err
}

func (s *postgresStore) tries(ctx context.Context, delivery int64) (list []Attempt, err error) {
	err = s.read(ctx, func() error {
		rows, err := s.pool.Query(ctx, `SELECT number, step, verdict, reason, detail, status, started, took FROM attempt
			WHERE delivery = $1 ORDER BY number`, delivery)
		if err == nil {
			list, err = pgx.CollectRows(rows, scanPGAttempt)
		}
		return err
	})
	return list, err
}

func scanPGAttempt(row pgx.CollectableRow) (a Attempt, err error) {
	var started, micros int64
	err = row.Scan(&a.Number, &a.Step, &a.Verdict, &a.Reason, &a.Detail, &a.Status, &started, &micros)
	a.Started, a.Duration = fromMillis(started), took(micros)
	return a, err
}

// Counts counts deliveries.
func (s *postgresStore) Counts(ctx context.Context) (map[RouteState]int64, error) {
	var counts map[RouteState]int64
	err := s.read(ctx, func() error {
		counts = map[RouteState]int64{}
		rows, err := s.pool.Query(ctx, `SELECT route, CASE WHEN owner IS NULL THEN state ELSE 1 END AS now, count(*)
			FROM delivery GROUP BY route, now`)
		if err != nil {
			return err
		}
		var route string
		var state stateCode
		var n int64
		_, err = pgx.ForEachRow(rows, []any{&route, &state, &n}, func() error {
			counts[RouteState{route, stateNames[state]}] = n
			return nil
		})
		return err
	})
	return counts, err
}
