package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// defaultLimit is the length of a list that names none.
const defaultLimit = 50

// List reads deliveries, newest first.
func (s *sqliteStore) List(ctx context.Context, f Filter) ([]Delivery, error) {
	running := s.claims.running()
	isRunning := make(map[int64]bool, len(running))
	ids := make([]int64, len(running))
	for i, cl := range running {
		ids[i], isRunning[cl.id] = cl.id, true
	}
	where, args, possible := s.where(f, ids)
	list := []Delivery{}
	if !possible {
		return list, nil
	}
	err := s.read.each(ctx, deliveryRow+where, func(rows *sql.Rows) error {
		d, _, err := s.scanDelivery(rows)
		if isRunning[d.ID] {
			d.State = Running
		}
		list = append(list, d)
		return err
	}, args...)
	return list, s.wrap(err)
}

// where makes the conditions of a filter; possible is false when no delivery can meet them.
func (s *sqliteStore) where(f Filter, running []int64) (text string, args []any, possible bool) {
	conditions := []string{"true"}
	add := func(condition string, arg any) { conditions, args = append(conditions, condition), append(args, arg) }
	for _, by := range []struct{ column, name string }{{"d.route", f.Route}, {"d.destination", f.Destination}} {
		id, known := s.names.id(by.name)
		switch {
		case by.name == "":
		case !known:
			return "", nil, false
		default:
			add(by.column+" = ?", id)
		}
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
	if f.Search != "" {
		some, words := searchCondition(f.Search)
		conditions, args = append(conditions, some...), append(args, words...)
	}
	if len(f.State) > 0 {
		conditions = append(conditions, stateCondition(f.State, running))
	}
	limit := f.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	args = append(args, limit)
	order := "DESC"
	if f.OldestFirst {
		order = "ASC"
	}
	return "WHERE " + strings.Join(conditions, " AND ") + " ORDER BY d.id " + order + " LIMIT ?", args, true
}

// stateCondition sees claimed deliveries as running, which they are not on disk.
func stateCondition(states []State, running []int64) string {
	claimed, withRunning := numbers(running), false
	var codes []int64
	for _, state := range states {
		if state == Running {
			withRunning = true
		} else {
			codes = append(codes, int64(state.code()))
		}
	}
	condition := codesCondition(codes)
	if len(running) > 0 {
		condition += " AND d.id NOT IN (" + claimed + ")"
	}
	if !withRunning {
		return condition
	}
	return "(" + condition + " OR d.id IN (" + claimed + "))"
}

// troubled is the condition of the index delivery_trouble, as its migration has it.
const troubled = "(d.state = 2 OR d.state = 4 OR d.state = 5)"

// codesCondition is met by deliveries with these states on disk. The numbers stand in the text, and the condition of the index beside
// them, because SQLite uses a partial index only where it can read there that nothing is missing.
func codesCondition(codes []int64) string {
	condition := "d.state IN (" + numbers(codes) + ")"
	if len(codes) == 1 {
		condition = "d.state = " + numbers(codes)
	}
	for _, code := range codes {
		if !slices.Contains([]stateCode{codeWaiting, codePartial, codeDead}, stateCode(code)) {
			return condition
		}
	}
	if len(codes) > 1 {
		condition += " AND " + troubled
	}
	return condition
}

func numbers(list []int64) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(texts, ",")
}

// Get reads a delivery with its history.
func (s *sqliteStore) Get(ctx context.Context, id int64) (*Detail, error) {
	return detailOf(ctx, s, id)
}

// Items lists the items of a delivery.
func (s *sqliteStore) Items(ctx context.Context, id int64, f ItemFilter) (ItemPage, error) {
	d, err := s.Get(ctx, id)
	if err != nil {
		return ItemPage{}, err
	}
	page, err := listItems(ctx, s, d, f)
	return page, s.wrap(err)
}

// itemPage reads a page of the item ledger.
func (s *sqliteStore) itemPage(ctx context.Context, delivery int64, kind pageKind, step string, n int) (text []byte, err error) {
	err = s.read.page.QueryRowContext(ctx, delivery, int(kind), step, n).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return text, err
}

// Steps reads the steps of a delivery.
func (s *sqliteStore) Steps(ctx context.Context, delivery int64) ([]Step, error) {
	list := []Step{}
	err := s.read.each(ctx, `SELECT name, digest, state, kept, items, refused, begun FROM step
		WHERE delivery = ? ORDER BY begun, seq`, func(rows *sql.Rows) error {
		var step Step
		var state stepCode
		var begun int64
		var kept sql.NullString
		err := rows.Scan(&step.ID, &step.Digest, &state, &kept, &step.Items, &step.Refused, &begun)
		if err == nil && kept.Valid {
			err = json.Unmarshal([]byte(kept.String), &step.Kept)
		}
		step.State, step.Begun = stepNames[state], fromMillis(begun)
		list = append(list, step)
		return err
	}, delivery)
	if err == nil {
		err = readFailed(ctx, s, delivery, list)
	}
	return list, s.wrap(err)
}

func (s *sqliteStore) tries(ctx context.Context, delivery int64) ([]Attempt, error) {
	list := []Attempt{}
	err := s.read.each(ctx, `SELECT number, step, verdict, reason, detail, status, started, took FROM all_attempts
		WHERE delivery = ? ORDER BY number`, func(rows *sql.Rows) error {
		var a Attempt
		var started, micros int64
		err := rows.Scan(&a.Number, &a.Step, &a.Verdict, &a.Reason, &a.Detail, &a.Status, &started, &micros)
		a.Started, a.Duration = fromMillis(started), took(micros)
		list = append(list, a)
		return err
	}, delivery)
	return list, s.wrap(err)
}

// Counts counts deliveries from memory.
func (s *sqliteStore) Counts(context.Context) (map[RouteState]int64, error) {
	n := s.counts.copy()
	for _, cl := range s.claims.running() {
		n[routeCode{cl.route, cl.state}]--
		n[routeCode{cl.route, codeRunning}]++
	}
	counts := make(map[RouteState]int64, len(n))
	for at, count := range n {
		if count > 0 {
			counts[RouteState{s.names.of(at.route), stateNames[at.state]}] = count
		}
	}
	return counts, nil
}
