package sandbox

import (
	"crypto/sha256"
	"encoding/json"
	"hash"
	"io"
	"net/http"
	"strings"
	"time"
)

// sampleSize is how much of a body is kept to be looked at.
const sampleSize = 2 << 10

// reply is the answer to a call, before any misbehaviour.
type reply struct {
	status   int
	body     any
	replayed bool // the same answer was given before
}

// recorder notes what comes in and what goes out.
type recorder struct {
	http.ResponseWriter
	request *http.Request
	at      time.Time
	sum     hash.Hash
	size    int64
	sample  []byte
	status  int
	fault   string
	effect  string
}

func newRecorder(w http.ResponseWriter, r *http.Request, at time.Time) *recorder {
	return &recorder{ResponseWriter: w, request: r, at: at, sum: sha256.New()}
}

// Read reads the request's body.
func (rec *recorder) Read(p []byte) (int, error) {
	n, err := rec.request.Body.Read(p)
	rec.size += int64(n)
	rec.sum.Write(p[:n])
	if room := sampleSize - len(rec.sample); room > 0 {
		rec.sample = append(rec.sample, p[:min(n, room)]...)
	}
	return n, err
}

// drain reads what is left of the body, so that size and digest are those of the whole.
func (rec *recorder) drain() { _, _ = io.Copy(io.Discard, rec) } // a broken body shows in what was read

// WriteHeader notes the status.
func (rec *recorder) WriteHeader(status int) {
	rec.status = status
	rec.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (rec *recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }

// answer writes a reply as JSON.
func (rec *recorder) answer(r reply) {
	if r.replayed {
		rec.Header().Set("Idempotent-Replayed", "true")
	}
	rec.Header().Set("Content-Type", "application/json")
	rec.WriteHeader(r.status)
	_ = json.NewEncoder(rec).Encode(r.body) // who has gone needs no answer
}

func (rec *recorder) call() Call {
	header := make(map[string]string, len(rec.request.Header))
	for name, values := range rec.request.Header {
		header[name] = strings.Join(values, ", ")
	}
	if _, ok := header["Authorization"]; ok {
		header["Authorization"] = "***"
	}
	return Call{
		At: rec.at, Method: rec.request.Method, Path: rec.request.URL.RequestURI(), Header: header, Size: rec.size,
		Sample: string(rec.sample), Fault: rec.fault, Status: rec.status, Effect: rec.effect,
	}
}

// refuse answers a call that is not taken, in the form of the API it was for.
func refuse(rec *recorder, r *http.Request, status int, code, message string) {
	rec.drain()
	if isGraphQL(r) {
		rec.answer(graphQLError(status, code, message))
		return
	}
	rec.answer(reply{status: status, body: map[string]string{"error": message}})
}
