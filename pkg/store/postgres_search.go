package store

import (
	"context"
	"strings"
)

// pgMatching are the deliveries that a word finds: in the index, and where that is behind, by their envelopes. The words are
// made by this program (see Words), so the database must not cut or stem them.
const pgMatching = `d.id IN (SELECT delivery FROM words WHERE words @@ (quote_literal(?) || ':*')::tsquery UNION
	SELECT id FROM event WHERE NOT indexed AND strpos(' ' || search, ' ' || ?) > 0)`

// indexLock is held by the session of the replica that indexes: one is enough.
const indexLock = 0x4c676174_00000002

// Unindexed reads the deliveries that are not in the index. It returns none to all replicas but one.
func (s *postgresStore) Unindexed(ctx context.Context, limit int) ([]Delivery, error) {
	if !s.session.indexes() {
		return []Delivery{}, nil
	}
	list, err := s.query(ctx, `WHERE NOT e.indexed ORDER BY e.id LIMIT $1`, limit)
	return withoutToken(list), err
}

// Index writes documents.
func (s *postgresStore) Index(ctx context.Context, docs []Document) error {
	var statements []pgStatement
	for i := range docs {
		doc := &docs[i]
		words := strings.Fields(doc.text())
		if doc.Part < maxParts && len(words) > 0 {
			statements = append(statements, pgStatement{
				text: `INSERT INTO words SELECT id, $2, array_to_tsvector($3::text[]) FROM delivery WHERE id = $1
					ON CONFLICT (delivery, part) DO UPDATE SET words = excluded.words`,
				args: []any{doc.Delivery.ID, doc.Part, words},
			})
		}
		if doc.Last {
			statements = append(statements, pgStatement{
				text: `UPDATE event SET indexed = true WHERE id = $1`, args: []any{doc.Delivery.ID},
			})
		}
	}
	if len(statements) == 0 {
		return nil
	}
	return s.do(ctx, statements...)
}
