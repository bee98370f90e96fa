package store

import "context"

func (s *postgresStore) integrity(ctx context.Context) (findings []string, events int64, err error) {
	var lone, bare, holes int64
	for _, q := range []struct {
		text string
		to   *int64
	}{
		{`SELECT count(*) FROM event`, &events},
		{orphanEvents, &lone},
		{orphanDeliveries, &bare},
		{`SELECT count(*) FROM delivery WHERE owner IS NOT NULL AND state NOT IN (0, 2)`, &holes},
	} {
		err = s.read(ctx, func() error { return s.pool.QueryRow(ctx, q.text).Scan(q.to) })
		if err != nil {
			return nil, 0, err
		}
	}
	findings = lacking(lone, bare)
	if holes > 0 {
		findings = append(findings, "deliveries that are finished are being worked on")
	}
	return findings, events, nil
}
