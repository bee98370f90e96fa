package sandbox

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// badGateway is what proxies put in the place of a vendor's answer.
const badGateway = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>\n"

// cutsFirst reports whether the request is not even read.
func (f Fault) cutsFirst() bool { return f.Kind == Cut }

// instead returns the answer of a fault that stands before the effect; ok is false for any other.
func (f Fault) instead(now time.Time) (ans answer, ok bool) {
	switch status := f.status(); {
	case status == http.StatusBadGateway:
		ans = answer{status: status, body: []byte(badGateway), contentType: "text/html"}
	case status != 0:
		ans = refuse(status, "the sandbox was asked for "+f.Kind+" "+http.StatusText(status))
	case f.Kind == Errors:
		ans = refuseGraphQL(http.StatusOK, f.Code, "the sandbox was asked for errors")
	case f.Kind == Redirect:
		ans = answer{status: http.StatusTemporaryRedirect, header: map[string]string{"Location": "/elsewhere"}}
	default:
		return answer{}, false
	}
	ans.effect = "none, fault given"
	if f.RetryAfter != "" {
		ans.header = map[string]string{"Retry-After": f.retryAfter(now)}
	}
	return ans, true
}

// retryAfter is the value of the Retry-After header, in either of its forms (RFC 9110, section 10.2.3).
func (f Fault) retryAfter(now time.Time) string {
	wait, isDate := strings.CutPrefix(f.RetryAfter, "date+")
	if !isDate {
		return f.RetryAfter
	}
	later, err := time.ParseDuration(wait)
	if err != nil { // checked when the fault was added
		return f.RetryAfter
	}
	return now.Add(later).UTC().Format(http.TimeFormat)
}

// after spoils the answer of an effect that was made. A refusal is left alone.
func (f Fault) after(ans answer) answer {
	if !ans.taken() {
		return ans
	}
	switch f.Kind {
	case Partial:
		broken := refuseGraphQL(http.StatusOK, f.Code, "the sandbox was asked for partial data").body
		_, list, _ := bytes.Cut(broken, []byte(`"errors":`))
		body := bytes.TrimSuffix(ans.body, []byte("}"))
		ans.body = bytes.Join([][]byte{body, list}, []byte(`,"errors":`))
	case BadJSON:
		ans.body = ans.body[:len(ans.body)/2]
	case FailLate:
		failed := refuse(http.StatusInternalServerError, "the sandbox was asked for a failure after the effect")
		failed.effect = ans.effect + "; answered 500"
		return failed
	case CutAfter:
		ans.status, ans.effect = 0, ans.effect+"; connection cut before the answer"
	}
	return ans
}

// send sends an answer in the fault's way. It may end by panicking with http.ErrAbortHandler, which closes the connection.
func (f Fault) send(w http.ResponseWriter, r *http.Request, ans answer) {
	switch {
	case ans.status == 0:
		panic(http.ErrAbortHandler)
	case f.Kind == Slow:
		if pause(r, f.Delay) {
			ans.write(w)
		}
	case f.Kind == CutReply:
		ans.writeHeader(w)
		w.Write(ans.body[:len(ans.body)/2]) //nolint:errcheck // the connection is closed anyway
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case f.Kind == Huge:
		w.Header().Set("Content-Length", strconv.FormatInt(int64(len(ans.body))+f.Size, 10))
		ans.write(w)
		writeBlanks(w, f.Size)
	default:
		ans.write(w)
	}
}

// pause waits; it returns false when the client has gone before.
func pause(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// writeBlanks writes white space, which JSON allows after a value.
func writeBlanks(w http.ResponseWriter, size int64) {
	blanks := bytes.Repeat([]byte(" "), 64<<10)
	for size > 0 {
		n, err := w.Write(blanks[:min(size, int64(len(blanks)))])
		if err != nil {
			return // the client has had enough
		}
		size -= int64(n)
	}
}
