package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/labelgate/labelgate/pkg/crash"
	"github.com/labelgate/labelgate/pkg/store/internal/payload"
)

// arrival is an event as it is written.
type arrival struct {
	source, route, destination int64
	at, size                   int64
	body                       payload.Sealed
	envelope, search           string
	window                     int64
}

// Accept journals an event. The body of a large one is on disk before its row is written.
func (s *sqliteStore) Accept(ctx context.Context, a Accept) (Accepted, error) {
	body, ok := a.Payload.(*payload.Writer)
	if !ok {
		return Accepted{}, fmt.Errorf("payload %T: not made by NewPayload of this store", a.Payload)
	}
	row, err := s.arrival(ctx, a, body)
	if err != nil {
		return Accepted{}, err
	}
	var id, twin int64
	err = s.do(ctx, func() (err error) {
		s.claims.forget(id) // of an earlier run
		if twin, err = s.write.twin(s.twins, &row); err == nil && twin == 0 {
			id, err = s.write.insert(&row)
			// Before the commit, because right after it somebody else can claim and finish the delivery, or send its twin.
			s.claims.accepted(id, row.route)
			s.remember(id, &row)
		}
		return err
	})
	if err != nil {
		s.claims.forget(id)
		return Accepted{}, err
	}
	if twin != 0 {
		first, err := s.delivery(ctx, twin)
		return Accepted{Delivery: first, Duplicate: true}, err
	}
	body.Keep()
	s.fileTwins()
	s.counts.add(row.route, codeQueued, 1)
	return Accepted{Delivery: s.fresh(id, a, row)}, nil
}

// remember makes identical bodies find an event.
func (s *sqliteStore) remember(id int64, row *arrival) {
	if row.window > 0 {
		s.twins.add(seenBody{digest: prefix(row.body.Digest), route: row.route, id: id, at: row.at})
	}
}

func (s *sqliteStore) arrival(ctx context.Context, a Accept, body *payload.Writer) (row arrival, err error) {
	row = arrival{at: millis(a.Now), size: body.Size(), window: a.Window.Milliseconds(), search: strings.Join(envelopeWords(a.Event), " ")}
	if row.body, err = body.Seal(); err != nil {
		return row, err
	}
	if row.body.File != "" {
		crash.At(crash.Sealed)
	}
	envelope, err := json.Marshal(a.Event)
	if err != nil {
		return row, fmt.Errorf("envelope of the event: %w", err)
	}
	row.envelope = string(envelope)
	for _, n := range []struct {
		to   *int64
		name string
	}{{&row.source, a.Source}, {&row.route, a.Route}, {&row.destination, a.Destination}} {
		if *n.to, err = s.nameID(ctx, n.name); err != nil {
			return row, err
		}
	}
	return row, nil
}

// fresh is a delivery as Get would return it.
func (s *sqliteStore) fresh(id int64, a Accept, row arrival) Delivery {
	at := fromMillis(row.at)
	return Delivery{
		ID: id, Key: DeliveryKey(s.id, id), Source: a.Source, Route: a.Route, Destination: a.Destination,
		State: Queued, AcceptedAt: at, UpdatedAt: at, Size: row.size, Digest: hex.EncodeToString(row.body.Digest[:]),
		Event: a.Event, Pass: 1, Fresh: true,
	}
}

// nameID is the number of a name, which is given one when it is new.
func (s *sqliteStore) nameID(ctx context.Context, name string) (int64, error) {
	if id, ok := s.names.id(name); ok {
		return id, nil
	}
	var id int64
	err := s.do(ctx, func() error {
		if _, err := s.write.insertName.Exec(name); err != nil {
			return err
		}
		return s.write.nameID.QueryRow(name).Scan(&id)
	})
	if err == nil {
		s.names.put(id, name)
	}
	return id, err
}

// insert writes an event and its delivery.
func (w *sqliteWriter) insert(row *arrival) (id int64, err error) {
	id = w.nextID
	w.nextID++
	var dedup, file, body any
	if row.window > 0 {
		dedup = prefix(row.body.Digest)
	}
	if row.body.File != "" {
		file = row.body.File
	} else {
		body = row.body.Inline
	}
	_, err = w.quick.insertEvent.exec(id, row.size, row.body.Digest[:], dedup, file, row.search, row.envelope, body)
	if err != nil {
		return 0, err
	}
	_, err = w.quick.insertDelivery.exec(id, row.source, row.route, row.destination, row.at, row.at, row.at)
	return id, err
}

func prefix(digest [sha256.Size]byte) int64 { return int64(binary.BigEndian.Uint64(digest[:])) } //nolint:gosec // any 64 bits are as good
