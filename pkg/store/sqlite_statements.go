package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// statement is where a prepared statement goes, and its text.
type statement struct {
	to   **sql.Stmt
	text string
}

// statements are closed together: a connection with an open one does not empty its log when it closes.
type statements []*sql.Stmt

func (all *statements) prepare(
	ctx context.Context, on interface {
		PrepareContext(context.Context, string) (*sql.Stmt, error)
	}, list []statement,
) error {
	for _, s := range list {
		prepared, err := on.PrepareContext(ctx, s.text)
		if err != nil {
			return fmt.Errorf("%.40s...: %w", s.text, err)
		}
		*s.to = prepared
		*all = append(*all, prepared)
	}
	return nil
}

func (all *statements) close() error {
	var errs []error
	for _, s := range *all {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// prepare makes the statements of the writer, in the order of a delivery's life.
func (w *sqliteWriter) prepare(ctx context.Context) error {
	return w.statements.prepare(ctx, w.conn, append([]statement{
		{&w.rollback, `ROLLBACK`},
		{&w.checkpoint, `PRAGMA wal_checkpoint(TRUNCATE)`},
		{&w.ping, `UPDATE meta SET value = ? WHERE key = 'pinged'`},

		{&w.insertName, `INSERT INTO name (name) VALUES (?) ON CONFLICT DO NOTHING`},
		{&w.nameID, `SELECT id FROM name WHERE name = ?`},
		{&w.isTwin, `SELECT id FROM event WHERE id = ? AND digest = ?`},
		{&w.findTwin, `SELECT e.id FROM twin t JOIN event e ON e.id = t.id JOIN delivery d ON d.id = e.id
			WHERE t.digest = ? AND e.digest = ? AND d.route = ? AND d.accepted_at > ? ORDER BY e.id LIMIT 1`},
		{&w.insertTwins, `INSERT OR IGNORE INTO twin SELECT value ->> 0, value ->> 1 FROM json_each(?)
			WHERE value ->> 1 IN (SELECT id FROM event)`},
		{&w.saveTwins, `UPDATE meta SET value = max(value, iif(key = 'twins', ?1, ?2)) WHERE key IN ('twins', 'twins_at')`},
		{&w.oldStep, `SELECT state, items, refused FROM step WHERE delivery = ? AND name = ?`},
		{&w.keepAttempt, `INSERT INTO attempt SELECT delivery, latest ->> 0, name, latest ->> 1, latest ->> 2, latest ->> 3,
			latest ->> 4, latest ->> 5, latest ->> 6 FROM step WHERE delivery = ? AND name = ? AND latest IS NOT NULL`},
		{&w.dropItems, `DELETE FROM item_page WHERE delivery = ? AND kind = 0 AND step = ?`},
		{&w.dropOutcome, `DELETE FROM item_page WHERE delivery = ? AND kind IN (1, 2) AND step = ?`},
		{&w.dropPlan, `DELETE FROM item_page WHERE delivery = ? AND kind IN (1, 3, 4) AND step = ''`},
		{&w.stateOf, `SELECT route, state, reason FROM delivery WHERE id = ?`},
		{&w.redrive, `UPDATE delivery SET state = 0, due = ?1, updated_at = ?1, failures = 0, retrying_since = 0,
			reason = '', detail = '' WHERE id = ?2`},
		{&w.unsettled, `SELECT name FROM step WHERE delivery = ? AND state IN (0, 3) ORDER BY name LIMIT 1`},
		{&w.stepState, `SELECT state FROM step WHERE delivery = ? AND name = ?`},
		{&w.settleStep, `UPDATE step SET state = ?, kept = ? WHERE delivery = ? AND name = ?`},
		{&w.settleDelivery, `UPDATE delivery SET detail = ?, updated_at = ? WHERE id = ?`},
		// Nobody may have summed up what was done of it.
		{&w.discard, `UPDATE delivery AS d SET state = 6, due = NULL, updated_at = ?, attempts = ` + attemptsColumn + `,
			accepted = ` + acceptedColumn + `, refused_vendor = ` + refusedColumn + ` WHERE id = ?`},

		{&w.beginPause, `INSERT INTO pause (destination, paused_by, reason, detail, since, probe_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (destination) WHERE until = 0 DO UPDATE SET paused_by = excluded.paused_by, reason = excluded.reason,
			detail = excluded.detail, probe_at = excluded.probe_at WHERE paused_by = 'breaker' AND excluded.paused_by = 'person'`},
		{&w.endPause, `UPDATE pause SET until = ?1, probe_at = 0
			WHERE destination = ?2 AND until = 0 AND (?3 = '' OR paused_by = ?3)`},
		{&w.forgetPauses, `DELETE FROM pause WHERE destination = ?1 AND until > 0 AND id NOT IN
			(SELECT id FROM pause WHERE destination = ?1 AND until > 0 ORDER BY id DESC LIMIT ?2)`},
		{&w.probe, `UPDATE pause SET probe_at = ?, probes = probes + 1
			WHERE destination = ? AND until = 0 AND probe_at > 0 AND probe_at <= ?`},
	}, w.purging()...))
}

// purging are the statements of the search index and of the end of a delivery's life.
func (w *sqliteWriter) purging() []statement {
	return []statement{
		// A delivery changes after it was accepted, so none that was accepted later can be old enough.
		{&w.purgeable, `SELECT d.id, d.route, d.state, coalesce(e.file, ''), e.size FROM delivery d JOIN event e ON e.id = d.id
			WHERE d.state >= 3 AND d.updated_at < ?1
			AND d.id < coalesce((SELECT id FROM delivery WHERE accepted_at >= ?1 ORDER BY id LIMIT 1), 9223372036854775807)
			ORDER BY d.id LIMIT ?2`},
		{&w.saveWords, `INSERT OR REPLACE INTO words (rowid, text) SELECT ?1, ?2 FROM delivery WHERE id = ?3`},
		{&w.saveIndexed, `UPDATE meta SET value = ?1 WHERE key = 'indexed' AND value < ?1`},
		{&w.lastWords, `SELECT coalesce(max(rowid), 0) FROM words WHERE rowid BETWEEN ?1 << 20 AND (?1 << 20) + 1048575`},
		{&w.dropWords, `DELETE FROM words WHERE rowid BETWEEN ? AND ?`},
		{&w.keepNextID, `UPDATE meta SET value = ? WHERE key = 'next_id'`},
		{&w.purges[0], `DELETE FROM item_page WHERE delivery = ?`},
		{&w.purges[1], `DELETE FROM attempt WHERE delivery = ?`},
		{&w.purges[2], `DELETE FROM step WHERE delivery = ?`},
		{&w.purges[3], `DELETE FROM delivery WHERE id = ?`},
		{&w.purges[4], `DELETE FROM twin WHERE digest = (SELECT dedup FROM event WHERE id = ?1) AND id = ?1`},
		{&w.purges[5], `DELETE FROM event WHERE id = ?`},
		{&w.purges[6], `DELETE FROM words WHERE rowid BETWEEN ?1 << 20 AND (?1 << 20) + 1048575`},
	}
}
