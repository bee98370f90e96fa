package store

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/labelgate/labelgate/pkg/store/internal/payload"
)

// twinLock keeps two replicas from taking the same body at the same moment; it is held until the transaction ends, and the
// statement after it sees what the other has written.
const twinLock = `SELECT pg_advisory_xact_lock($1)`

// insertEvent journals an event and queues its delivery, unless there is a twin.
const insertEvent = `WITH twin AS (
	SELECT e.id FROM event e JOIN delivery d ON d.id = e.id
	WHERE e.dedup = $4 AND e.digest = $3 AND d.route = $5 AND d.accepted_at > $6 ORDER BY e.id LIMIT 1
), event AS (
	INSERT INTO event (size, digest, dedup, blob, search, envelope, body)
	SELECT $1, $3, $4, $7, $8, $9, $10 WHERE NOT EXISTS (SELECT FROM twin) RETURNING id
), delivery AS (
	INSERT INTO delivery (id, source, route, destination, accepted_at, updated_at, due)
	SELECT id, $11, $5, $12, $2, $2, $2 FROM event
), kept AS (
	UPDATE blob SET replica = NULL WHERE id = $7 AND EXISTS (SELECT FROM event)
)
SELECT coalesce((SELECT id FROM event), 0), coalesce((SELECT id FROM twin), 0)`

// Accept journals an event. The body of a large one is in its rows before.
func (s *postgresStore) Accept(ctx context.Context, a Accept) (Accepted, error) {
	p, ok := a.Payload.(*pgPayload)
	if !ok {
		return Accepted{}, fmt.Errorf("payload %T: not made by NewPayload of this store", a.Payload)
	}
	body, err := p.seal()
	if err != nil {
		return Accepted{}, err
	}
	envelope, err := json.Marshal(a.Event)
	if err != nil {
		return Accepted{}, fmt.Errorf("envelope of the event: %w", err)
	}
	var id, twin int64
	statements := append(lockTwin(a, body), pgStatement{
		text: insertEvent, into: []any{&id, &twin},
		args: []any{
			p.size, millis(a.Now), body.Digest[:], dedupKey(a, body), a.Route, millis(a.Now) - a.Window.Milliseconds(), blobOf(p),
			strings.Join(envelopeWords(a.Event), " "), clean(string(envelope)), inlineOf(p, body), a.Source, a.Destination,
		},
	})
	if err := s.do(ctx, statements...); err != nil {
		return Accepted{}, err
	}
	if twin != 0 {
		first, err := s.delivery(ctx, twin)
		return Accepted{Delivery: first, Duplicate: true}, err
	}
	p.kept = true
	s.claims.accepted(id)
	return Accepted{Delivery: s.fresh(id, a, p.size, body)}, nil
}

// fresh is a delivery as Get would return it.
func (s *postgresStore) fresh(id int64, a Accept, size int64, body payload.Sealed) Delivery {
	at := fromMillis(millis(a.Now))
	return Delivery{
		ID: id, Key: DeliveryKey(s.id, id), Source: a.Source, Route: a.Route, Destination: a.Destination,
		State: Queued, AcceptedAt: at, UpdatedAt: at, Size: size, Digest: hex.EncodeToString(body.Digest[:]),
		Event: a.Event, Pass: 1, Fresh: true,
	}
}

// lockTwin is the lock of an event that may have a twin.
func lockTwin(a Accept, body payload.Sealed) []pgStatement {
	if a.Window <= 0 {
		return nil
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(a.Route)) // it never fails
	key := int64(binary.BigEndian.Uint32(body.Digest[:4])^h.Sum32()) | 1<<62
	return []pgStatement{{text: twinLock, args: []any{key}}}
}

func dedupKey(a Accept, body payload.Sealed) *int64 {
	if a.Window <= 0 {
		return nil
	}
	key := prefix(body.Digest)
	return &key
}

func blobOf(p *pgPayload) *int64 {
	if p.blob == 0 {
		return nil
	}
	return &p.blob
}

func inlineOf(p *pgPayload, body payload.Sealed) []byte {
	if p.blob != 0 {
		return nil
	}
	if body.Inline == nil {
		return []byte{}
	}
	return body.Inline
}
