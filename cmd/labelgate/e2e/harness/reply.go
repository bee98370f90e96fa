package harness

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// Reply is how a vendor treats one call.
type Reply struct {
	taken  bool // it does what the call asks
	unread bool // it does not even read the body
	answer func(w http.ResponseWriter, r *http.Request, body []byte)
}

// Accept does what the call asks and says so: 201 with an id, or the mutation's count.
func Accept() Reply { return Reply{taken: true, answer: confirm} }

// Hold accepts, but answers only once the channel is closed.
func Hold(until <-chan struct{}) Reply {
	return Reply{taken: true, answer: func(w http.ResponseWriter, r *http.Request, body []byte) {
		select {
		case <-until:
			confirm(w, r, body)
		case <-r.Context().Done():
		}
	}}
}

// AcceptAfter accepts, and answers after some time, so that calls are in flight when the gateway is killed.
func AcceptAfter(wait time.Duration) Reply {
	return Reply{taken: true, answer: func(w http.ResponseWriter, r *http.Request, body []byte) {
		select {
		case <-time.After(wait):
			confirm(w, r, body)
		case <-r.Context().Done():
		}
	}}
}

// LoseReply does what the call asks and cuts the connection instead of saying so.
func LoseReply() Reply {
	return Reply{taken: true, answer: func(http.ResponseWriter, *http.Request, []byte) { panic(http.ErrAbortHandler) }}
}

// Cut cuts the connection before the body is read; nothing is done.
func Cut() Reply {
	return Reply{unread: true, answer: func(http.ResponseWriter, *http.Request, []byte) { panic(http.ErrAbortHandler) }}
}

// Status answers with a status and a JSON body; nothing is done.
func Status(status int, body string) Reply {
	return Reply{answer: func(w http.ResponseWriter, _ *http.Request, _ []byte) { respond(w, status, body) }}
}

// Redirect answers 302; nothing is done.
func Redirect(location string) Reply {
	return Reply{answer: func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.Header().Set("Location", location)
		respond(w, http.StatusFound, "{}")
	}}
}

// Throttle answers 429 with a Retry-After header, made when the call is answered; nothing is done.
func Throttle(retryAfter func() string) Reply {
	return Reply{answer: func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.Header().Set("Retry-After", retryAfter())
		respond(w, http.StatusTooManyRequests, `{"error": "slow down"}`)
	}}
}

// GraphQLError answers 200 with one error of that code; nothing is done.
func GraphQLError(code string) Reply {
	return Status(http.StatusOK, `{"data": null, "errors": [{"message": "it did not work", "extensions": {"code": "`+code+`"}}]}`)
}

func confirm(w http.ResponseWriter, _ *http.Request, body []byte) {
	if bytes.Contains(body[:min(len(body), 64)], []byte(`"query"`)) {
		respond(w, http.StatusOK, `{"data": {"project": {"bulkDeleteLabels": {"count": 1}}}}`)
		return
	}
	respond(w, http.StatusCreated, `{"id": "batch-0001"}`)
}

func respond(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	if !json.Valid([]byte(body)) {
		w.Header().Set("Content-Type", "text/html")
	}
	w.WriteHeader(status)
	io.WriteString(w, body) //nolint:errcheck // the gateway may have been killed
}
