package store

import (
	"context"
	"database/sql"
	"strings"
)

// Kill ends a replica as kill -9 would: its connections end, and nothing is given back.
func Kill(s Store) {
	pg, ok := s.(*postgresStore)
	if !ok {
		panic("not a PostgreSQL store")
	}
	pg.session.stop()
	<-pg.session.ended
	_ = pg.session.conn.PgConn().Conn().Close()
	_ = pg.session.conn.Close(context.Background())
	pg.group.close()
	pg.turns.group.close()
	_ = pg.closeAll()
}

// FewTwins makes a SQLite store keep few bodies in memory, and move them to the table in small lots.
func FewTwins(s Store, most, lot int) {
	twins := s.(*sqliteStore).twins //nolint:forcetypeassert // a test says which store it is
	twins.most, twins.lotSize = most, lot
}

// TwinsSettle waits until no bodies are on their way to the table, and returns how many are in memory.
func TwinsSettle(s Store) int {
	twins := s.(*sqliteStore).twins //nolint:forcetypeassert // a test says which store it is
	twins.background.Wait()
	twins.mu.Lock()
	defer twins.mu.Unlock()
	return len(twins.queue)
}

// QueryPlan is how a SQLite store finds what a filter chooses.
func QueryPlan(ctx context.Context, s Store, f Filter) (string, error) {
	sqlite := s.(*sqliteStore) //nolint:forcetypeassert // a test says which store it is
	where, args, _ := sqlite.where(f, nil)
	var plan []string
	err := sqlite.read.each(ctx, "EXPLAIN QUERY PLAN "+deliveryRow+where, func(rows *sql.Rows) error {
		var id, parent, unused int
		var text string
		err := rows.Scan(&id, &parent, &unused, &text)
		plan = append(plan, text)
		return err
	}, args...)
	return strings.Join(plan, "; "), err
}
