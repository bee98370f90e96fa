package store

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
)

// Begin records an intent.
func (s *postgresStore) Begin(ctx context.Context, d *Delivery, b Begin) error {
	cl, err := s.claims.use(d, func(cl *pgClaim) { cl.begun++ })
	if err != nil {
		return err
	}
	statements := []pgStatement{
		{
			text: guard(`SELECT 1 FROM delivery WHERE id = $1 AND token = $2 AND owner IS NOT NULL FOR SHARE`),
			args: []any{d.ID, d.Token}, none: ErrLost,
		},
		{
			text: guard(`INSERT INTO step (delivery, name, begun, seq, state, digest, items) VALUES ($1, $2, $3, $4, 0, $5, $6)
				ON CONFLICT (delivery, name) DO UPDATE SET state = 0, digest = excluded.digest, items = excluded.items
				WHERE step.state <> 1 RETURNING 1`),
			args: []any{d.ID, b.Step, millis(b.At), cl.begun, b.Digest, len(b.Items)},
			none: fmt.Errorf("step %q of delivery %d: it is done already, it must not be begun again", b.Step, d.ID),
		},
	}
	if cl.again || cl.begun > 1 {
		statements = append(statements, pgStatement{
			text: `DELETE FROM item_page WHERE delivery = $1 AND kind = 0 AND step = $2`, args: []any{d.ID, b.Step},
		})
	}
	statements, err = savePGPages(statements, d.ID, pageItems, b.Step, pagesOf(b.Items))
	if err != nil {
		return err
	}
	return s.insist(ctx, statements...)
}

// Record records an outcome, and the end of the claim with it.
func (s *postgresStore) Record(ctx context.Context, d *Delivery, r Record, finish *Finish) error {
	if r.State.code() < 0 {
		return fmt.Errorf("step %q of delivery %d: %q is no state of a step", r.Step, d.ID, r.State)
	}
	if finish != nil && !CanMove(Running, finish.State) {
		return finishError(d, finish)
	}
	cl, err := s.claims.use(d, func(cl *pgClaim) { cl.attempts++; cl.ending = finish != nil })
	if err != nil {
		return err
	}
	statements, err := recordStatements(d, cl, &r, finish)
	if err == nil {
		err = s.insist(ctx, statements...)
	}
	if finish != nil {
		s.claims.end(d, err)
	}
	return err
}

// oldStep is what an earlier outcome of the same step had counted.
const oldStep = `WITH old AS (
	SELECT CASE WHEN state = 1 THEN items - refused ELSE 0 END AS accepted, refused FROM step WHERE delivery = $1 AND name = $3
) `

func recordStatements(d *Delivery, cl pgClaim, r *Record, finish *Finish) ([]pgStatement, error) {
	change := settledBy(r.State.code(), r.Items, len(r.Refused))
	kept, err := jsonOrNil(r.Kept, len(r.Kept))
	if err != nil {
		return nil, err
	}
	statements := []pgStatement{
		{
			text: oldStep + `, changed AS (UPDATE delivery SET attempts = greatest(attempts, $4), updated_at = $5,
				accepted = accepted + $6 - coalesce((SELECT accepted FROM old), 0),
				refused_vendor = refused_vendor + $7 - coalesce((SELECT refused FROM old), 0)
				WHERE id = $1 AND token = $2 AND owner IS NOT NULL RETURNING 1) SELECT 1 / count(*) FROM changed`,
			args: []any{d.ID, d.Token, r.Step, cl.attempts, millis(r.Ended), change.accepted, change.refused}, none: ErrLost,
		},
		{
			text: guard(`UPDATE step SET state = $3::int, items = CASE WHEN $3::int = 1 OR $4 > 0 THEN $4 ELSE items END, refused = $5, kept = $6
				WHERE delivery = $1 AND name = $2 RETURNING 1`),
			args: []any{d.ID, r.Step, int(r.State.code()), r.Items, len(r.Refused), kept},
			none: fmt.Errorf("step %q of delivery %d: it was never begun", r.Step, d.ID),
		},
		{
			text: `INSERT INTO attempt (delivery, number, step, verdict, reason, detail, status, started, took)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
			args: []any{
				d.ID, cl.attempts, r.Step, r.Verdict, string(r.Reason), clean(r.Detail), r.Status, millis(r.Started),
				r.Ended.Sub(r.Started).Microseconds(),
			},
		},
	}
	if cl.again || cl.attempts > 1 {
		statements = append(statements, pgStatement{
			text: `DELETE FROM item_page WHERE delivery = $1 AND kind IN (1, 2) AND step = $2`, args: []any{d.ID, r.Step},
		})
	}
	if statements, err = savePGPages(statements, d.ID, pageRefused, r.Step, pagesOf(r.refusals())); err != nil {
		return nil, err
	}
	if statements, err = savePGPages(statements, d.ID, pageTaken, r.Step, pagesOf(r.receipts())); err != nil || finish == nil {
		return statements, err
	}
	return finishStatements(statements, d, cl, finish)
}

// Finish ends the claim.
func (s *postgresStore) Finish(ctx context.Context, d *Delivery, f Finish) error {
	if !CanMove(Running, f.State) {
		return finishError(d, &f)
	}
	cl, err := s.claims.use(d, func(cl *pgClaim) { cl.ending = true })
	if err != nil {
		return err
	}
	statements, err := finishStatements(nil, d, cl, &f)
	if err == nil {
		err = s.insist(ctx, statements...)
	}
	s.claims.end(d, err)
	return err
}

// finishStatements end a claim.
func finishStatements(statements []pgStatement, d *Delivery, cl pgClaim, f *Finish) ([]pgStatement, error) {
	statements = append(statements, pgStatement{
		text: guard(`UPDATE delivery SET owner = NULL, updated_at = $3, state = $4, reason = $5, detail = $6, due = $7, failures = $8,
			retrying_since = $9, refused_plan = $10, noted = $11, pending = $12
			WHERE id = $1 AND token = $2 AND owner IS NOT NULL RETURNING 1`),
		args: []any{
			d.ID, d.Token, millis(f.At), int(f.State.code()), string(f.Reason), clean(f.Detail), dueTime(f), f.Failures,
			millis(f.RetryingSince), len(f.Refused), len(f.Notes), len(f.Pending),
		},
		none: ErrLost,
	})
	if cl.planned {
		statements = append(statements, pgStatement{
			text: `DELETE FROM item_page WHERE delivery = $1 AND kind IN (1, 3, 4) AND step = ''`, args: []any{d.ID},
		})
	}
	var err error
	for _, list := range []struct {
		kind  pageKind
		pages iter.Seq2[int, any]
	}{{pageRefused, pagesOf(f.Refused)}, {pageNotes, pagesOf(f.Notes)}, {pagePending, pagesOf(f.Pending)}} {
		if statements, err = savePGPages(statements, d.ID, list.kind, planStep, list.pages); err != nil {
			return nil, err
		}
	}
	return statements, nil
}

// savePGPages adds the writes of a list of the item ledger.
func savePGPages(statements []pgStatement, delivery int64, kind pageKind, step string, pages iter.Seq2[int, any]) ([]pgStatement, error) {
	for n, entries := range pages {
		text, err := json.Marshal(entries)
		if err != nil {
			return nil, err
		}
		statements = append(statements, pgStatement{
			text: `INSERT INTO item_page (delivery, kind, step, n, entries) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (delivery, kind, step, n) DO UPDATE SET entries = excluded.entries`,
			args: []any{delivery, int(kind), step, n, string(text)},
		})
	}
	return statements, nil
}
