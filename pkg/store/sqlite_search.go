package store

import (
	"context"
	"database/sql"
	"strings"
)

// partBits are the bits of a document's rowid that number it within its delivery.
const partBits = 20

// matching are the deliveries that a word finds: in the index, and where that is behind, by their envelopes.
const matching = `d.id IN (SELECT rowid >> 20 FROM words WHERE words MATCH ? UNION
	SELECT id FROM event WHERE id > (SELECT value FROM meta WHERE key = 'indexed') AND instr(' ' || search, ' ' || ?) > 0)`

// searchCondition finds every word of a search.
func searchCondition(search string) (conditions []string, args []any) {
	for _, word := range query(search) {
		conditions = append(conditions, matching)
		args = append(args, `"`+word+`" *`, word)
	}
	return conditions, args
}

// Unindexed reads the deliveries that are not in the index.
func (s *sqliteStore) Unindexed(ctx context.Context, limit int) ([]Delivery, error) {
	list := []Delivery{}
	err := s.read.each(ctx, deliveryRow+`WHERE d.id > (SELECT value FROM meta WHERE key = 'indexed') ORDER BY d.id LIMIT ?`,
		func(rows *sql.Rows) error {
			d, _, err := s.scanDelivery(rows)
			list = append(list, d)
			return err
		}, limit)
	return list, s.wrap(err)
}

// Index writes documents.
func (s *sqliteStore) Index(ctx context.Context, docs []Document) error {
	if len(docs) == 0 {
		return nil
	}
	texts := make([]string, len(docs))
	for i := range docs {
		texts[i] = docs[i].text()
	}
	return s.do(ctx, func() error {
		for i := range docs {
			if err := s.write.index(&docs[i], texts[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// index writes a document, unless its delivery was purged meanwhile.
func (w *sqliteWriter) index(doc *Document, text string) error {
	id := doc.Delivery.ID
	if doc.Part < maxParts && strings.TrimSpace(text) != "" {
		if _, err := w.saveWords.Exec(id<<partBits+int64(doc.Part), text, id); err != nil {
			return err
		}
	}
	if !doc.Last {
		return nil
	}
	_, err := w.saveIndexed.Exec(id)
	return err
}
