package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labelgate/labelgate/pkg/source/aquarium/aquariumtest"
)

// secret is the webhook secret of all gateways that are measured.
const secret = "bench-secret"

// connections is how many senders there are, each with a connection of its own that it keeps.
const connections = 32

// events makes events of one size that all differ.
type events struct {
	template []byte
	at       int // where the event's number goes
	from     atomic.Int64
}

// number is the part of the id that is replaced by the event's number.
const number = "e430ec66a787"

func newEvents(elements int) (*events, error) {
	template := aquariumtest.Bytes(elements)
	at := bytes.Index(template, []byte(number))
	if at < 0 {
		return nil, fmt.Errorf("generated event: no issue id that ends in %s", number)
	}
	return &events{template: template, at: at}, nil
}

// send posts n more events and returns when all are answered 204.
func (e *events) send(ctx context.Context, to string, n, senders int) error {
	target, err := url.Parse(to)
	if err != nil {
		return err
	}
	left := atomic.Int64{}
	left.Store(int64(n))
	failed := make(chan error, senders)
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			if err := e.sender(ctx, target, &left); err != nil {
				failed <- err
			}
		})
	}
	all.Wait()
	close(failed)
	return <-failed
}

// sender posts events over one connection while there are any left.
func (e *events) sender(ctx context.Context, to *url.URL, left *atomic.Int64) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", to.Host)
	if err != nil {
		return err
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	head := head(to, int64(len(e.template)))
	request := append(head, e.template...)
	digits := request[len(head)+e.at:][:len(number)]
	for left.Add(-1) >= 0 && ctx.Err() == nil {
		copy(digits, fmt.Sprintf("%0*x", len(number), e.from.Add(1)))
		if _, err := conn.Write(request); err != nil {
			return err
		}
		if err := taken(answers); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func head(to *url.URL, size int64) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nX-Aquarium-Secret: %s\r\n"+
		"Content-Length: %d\r\n\r\n", to.RequestURI(), to.Host, secret, size)
}

func taken(answers *bufio.Reader) error {
	resp, err := http.ReadResponse(answers, nil)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusNoContent {
		err = fmt.Errorf("an event was answered %s: %s", resp.Status, text)
	}
	return err
}

// sendFile posts a saved event and returns when its first byte was sent.
func sendFile(ctx context.Context, to, path string) (time.Time, error) {
	target, err := url.Parse(to)
	if err != nil {
		return time.Time{}, err
	}
	file, err := os.Open(path)
	if err != nil {
		return time.Time{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return time.Time{}, err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", target.Host)
	if err != nil {
		return time.Time{}, err
	}
	defer conn.Close()
	first := time.Now()
	if _, err = conn.Write(head(target, info.Size())); err != nil {
		return first, err
	}
	if _, err = io.Copy(conn, file); err != nil {
		return first, err
	}
	return first, taken(bufio.NewReader(conn))
}

// received waits until the vendor has that many calls.
func received(ctx context.Context, vendor *process, calls int) (tally, error) {
	var t tally
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/_wait?calls=%d", vendor.base, calls), nil)
	if err != nil {
		return t, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return t, fmt.Errorf("vendor did not get %d calls: %w", calls, err)
	}
	defer resp.Body.Close()
	if err = json.NewDecoder(resp.Body).Decode(&t); err == nil && t.Calls != int64(calls) {
		err = fmt.Errorf("vendor got %d calls, not %d", t.Calls, calls)
	}
	return t, err
}

// forget makes the vendor count from 0.
func forget(ctx context.Context, vendor *process) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, vendor.base+"/_tally", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
