package store

import "context"

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
