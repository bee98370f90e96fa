package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/labelgate/labelgate/pkg/store/internal/payload"
)

// chunkSize is how much of a large body a row holds.
const chunkSize = 1 << 20

// pgPayload takes a body: a small one stays in memory, a large one goes to rows as it comes.
type pgPayload struct {
	store  *postgresStore
	mem    []byte // the whole body while it is small, the chunk that is being filled later
	size   int64
	blob   int64
	chunks int
	sum    hash.Hash
	err    error
	sealed *payload.Sealed
	kept   bool
}

// NewPayload starts a payload.
func (s *postgresStore) NewPayload() (Payload, error) { return &pgPayload{store: s}, nil }

// Size is the number of bytes written.
func (p *pgPayload) Size() int64 { return p.size }

// Bytes returns the body when it is in memory, nil otherwise.
func (p *pgPayload) Bytes() []byte {
	if p.sum != nil {
		return nil
	}
	return p.mem
}

// Write appends.
func (p *pgPayload) Write(b []byte) (int, error) {
	if p.err == nil && p.sealed != nil {
		p.err = errors.New("payload is complete, nothing can be added")
	}
	if p.err == nil && p.sum == nil && len(p.mem)+len(b) > payload.InlineMax {
		p.err = p.begin()
	}
	written := 0
	for p.err == nil && written < len(b) {
		n := len(b) - written
		if p.sum != nil {
			n = min(n, chunkSize-len(p.mem))
			p.sum.Write(b[written : written+n])
		}
		p.mem = append(p.mem, b[written:written+n]...)
		written += n
		if p.sum != nil && len(p.mem) == chunkSize {
			p.err = p.flush()
		}
	}
	p.size += int64(written)
	return written, p.err
}

// begin makes the blob that the body goes to.
func (p *pgPayload) begin() error {
	p.sum = sha256.New()
	p.sum.Write(p.mem)
	p.mem = append(make([]byte, 0, chunkSize), p.mem...)
	err := p.store.group.do(pgStatement{
		text: `INSERT INTO blob (replica) VALUES ($1) RETURNING id`, args: []any{p.store.session.replica()}, into: []any{&p.blob},
	})
	return p.store.wrap(err)
}

func (p *pgPayload) flush() error {
	err := p.store.group.do(pgStatement{
		text: `INSERT INTO blob_chunk (blob, n, data) VALUES ($1, $2, $3)`, args: []any{p.blob, p.chunks, p.mem},
	})
	p.chunks++
	p.mem = p.mem[:0]
	return p.store.wrap(err)
}

// seal ends the body.
func (p *pgPayload) seal() (payload.Sealed, error) {
	if p.sealed == nil && p.err == nil && p.sum != nil && len(p.mem) > 0 {
		p.err = p.flush()
	}
	switch {
	case p.err != nil:
		return payload.Sealed{}, p.err
	case p.sealed != nil:
	case p.sum == nil:
		p.sealed = &payload.Sealed{Digest: sha256.Sum256(p.mem), Inline: p.mem}
	default:
		p.sealed = &payload.Sealed{Digest: [sha256.Size]byte(p.sum.Sum(nil))}
	}
	return *p.sealed, nil
}

// Close deletes the body, unless it is kept. Where the database is away it stays until this replica ends.
func (p *pgPayload) Close() error {
	if p.kept || p.blob == 0 {
		return nil
	}
	p.kept = true
	return p.store.wrap(p.store.group.do(pgStatement{text: `DELETE FROM blob WHERE id = $1`, args: []any{p.blob}}))
}

// OpenPayload reads a journaled body.
func (s *postgresStore) OpenPayload(ctx context.Context, d *Delivery) (io.ReadCloser, error) {
	var digest, body []byte
	var blob *int64
	err := s.retry(ctx, func() error { // a delivery that is worked on waits for the database
		return s.pool.QueryRow(ctx, `SELECT digest, blob, body FROM event WHERE id = $1`, d.ID).Scan(&digest, &blob, &body)
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, fmt.Errorf("payload of delivery %d: %w", d.ID, ErrNotFound)
	case err != nil:
		return nil, err
	case len(digest) != sha256.Size:
		return nil, fmt.Errorf("payload of delivery %d: digest of %d bytes: %w", d.ID, len(digest), payload.ErrDamaged)
	case blob != nil:
		return &pgReader{ctx: ctx, store: s, from: s.pool, blob: *blob, sum: sha256.New(), want: [sha256.Size]byte(digest)}, nil
	}
	r, err := payload.Inline(body, [sha256.Size]byte(digest))
	if err != nil {
		return nil, fmt.Errorf("payload of delivery %d: %w", d.ID, err)
	}
	return r, nil
}

// pgQuerier is where rows are read: the pool, or one transaction.
type pgQuerier interface {
	QueryRow(ctx context.Context, text string, args ...any) pgx.Row
}

// pgReader reads a large body, a row at a time.
type pgReader struct {
	ctx   context.Context //nolint:containedctx // that of OpenPayload: an io.Reader takes none
	store *postgresStore
	from  pgQuerier
	blob  int64
	n     int
	chunk []byte
	sum   hash.Hash
	want  [sha256.Size]byte
	ended bool
}

// Read checks the digest before it reports the end of the body.
func (r *pgReader) Read(p []byte) (int, error) {
	for len(r.chunk) == 0 && !r.ended {
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	if len(r.chunk) > 0 {
		n := copy(p, r.chunk)
		r.chunk = r.chunk[n:]
		return n, nil
	}
	if [sha256.Size]byte(r.sum.Sum(nil)) != r.want {
		return 0, fmt.Errorf("blob %d: %w: its SHA-256 is not the one recorded", r.blob, payload.ErrDamaged)
	}
	return 0, io.EOF
}

// next reads a row. A connection that is lost meanwhile does not end a delivery.
func (r *pgReader) next() error {
	err := r.store.retry(r.ctx, func() error {
		return r.from.QueryRow(r.ctx, `SELECT data FROM blob_chunk WHERE blob = $1 AND n = $2`, r.blob, r.n).Scan(&r.chunk)
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		r.ended = true
		return nil
	case err != nil:
		return err
	}
	r.n++
	r.sum.Write(r.chunk)
	return nil
}

// Close ends nothing: each row was a read of its own.
func (r *pgReader) Close() error { return nil }

// retry runs a read until the database answers, for as long as writes are tried.
func (s *postgresStore) retry(ctx context.Context, read func() error) error {
	begun, wait := time.Now(), 20*time.Millisecond
	for {
		err := read()
		if err == nil || !isUnavailable(err) || time.Since(begun) > pgPatience {
			return s.wrap(err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return s.wrap(err)
		}
		wait = min(2*wait, time.Second)
	}
}
