package labelstudiosandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// call is one request while it is answered.
type call struct {
	api  *api
	w    http.ResponseWriter
	r    *http.Request
	body any // the JSON that was sent; numbers are json.Number
	sent bool
}

// failure is the server's form of an error (Django REST framework with Label Studio's own exception handler).
type failure struct {
	ID         string         `json:"id"`
	StatusCode int            `json:"status_code"`
	Version    string         `json:"version"`
	Detail     string         `json:"detail"`
	ExcInfo    *string        `json:"exc_info"`
	Validation map[string]any `json:"validation_errors,omitempty"`
}

func (c *call) answer(status int, value any) { sandbox.WriteJSON(c.w, status, value) }

func (c *call) fail(status int, detail string) { c.answer(status, c.failure(status, detail)) }

func (c *call) failure(status int, detail string) failure {
	c.api.next.fault++
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", c.api.next.fault)
	return failure{ID: id, StatusCode: status, Version: version, Detail: detail}
}

// invalid answers 400 with what is wrong, by field.
func (c *call) invalid(field string, wrong any) {
	f := c.failure(http.StatusBadRequest, "Validation error")
	f.Validation = map[string]any{field: wrong}
	c.answer(http.StatusBadRequest, f)
}

// missing answers 404 about a thing of that kind.
func (c *call) missing(kind string) {
	c.fail(http.StatusNotFound, "No "+kind+" matches the given query.")
}

// effect says what the request has changed.
func (c *call) effect(format string, args ...any) { sandbox.Effect(c.w, format, args...) }

// readable reads the JSON that was sent. It answers and returns false where it is none, as the server does: another
// content type is 415, and a body without a length counts as empty (wsgiref does not read chunked ones).
func (c *call) readable() bool {
	if c.r.Method == http.MethodGet || c.r.Method == http.MethodDelete || c.r.ContentLength == 0 {
		return true
	}
	kind, _, _ := strings.Cut(c.r.Header.Get("Content-Type"), ";")
	if kind != "application/json" {
		c.fail(http.StatusUnsupportedMediaType, fmt.Sprintf("Unsupported media type %q in request.", kind))
		return false
	}
	if c.r.ContentLength < 0 {
		c.body = map[string]any{}
		return true
	}
	raw, err := io.ReadAll(c.r.Body)
	if err == nil {
		c.body, err = decode(raw)
	}
	if err != nil {
		c.fail(http.StatusBadRequest, "JSON parse error - "+err.Error())
		return false
	}
	c.sent = true
	return true
}

func decode(raw []byte) (any, error) {
	from := json.NewDecoder(bytes.NewReader(raw))
	from.UseNumber()
	var value any
	if err := from.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := from.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("Extra data") //nolint:staticcheck // the server's own words
	}
	return value, nil
}

// object is the body where it is an object; else it is empty.
func (c *call) object() map[string]any {
	o, _ := c.body.(map[string]any)
	return o
}

// number is a whole number of the path; it answers 404 and returns false where it is none.
func (c *call) number(name string) (int, bool) {
	n, err := strconv.Atoi(c.r.PathValue(name))
	if err != nil {
		notFoundPage(c.w)
	}
	return n, err == nil
}

// flag reads a yes or no of the query.
func (c *call) flag(name string, otherwise bool) (value, ok bool) {
	text := c.query().Get(name)
	switch strings.ToLower(text) {
	case "":
		return otherwise, true
	case "1", "true", "yes":
		return true, true
	case "0", "false", "no":
		return false, true
	}
	c.invalid(name, fmt.Sprintf(`Incorrect bool value "%s". It should be one of [1, 0, true, false, yes, no]`, text))
	return false, false
}

func (c *call) query() url.Values { return c.r.URL.Query() }

// whole is a JSON number that is whole.
func whole(value any) (int, bool) {
	n, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(n.String())
	return i, err == nil
}

func real64(value any) (float64, bool) {
	n, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

// notFoundPage is what the server's router, and not its API, answers.
func notFoundPage(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	io.WriteString(w, "\n\n\n<!doctype html>\n<html lang=\"en\">\n<head><title>Label Studio</title></head>\n<body>Page not found</body>\n</html>\n") //nolint:errcheck // it is kept back in memory
}

// slashless are the paths that have no slash at their end.
func slashless(path string) bool {
	return strings.HasSuffix(path, "/import") || strings.HasSuffix(path, "/import/predictions") || strings.HasSuffix(path, "/convert-to-draft")
}

// end is what makes a mux pattern match its path alone.
func end(pattern string) string {
	if slashless(pattern) {
		return ""
	}
	return "{$}"
}

func endsInSlash(path string) bool { return strings.HasSuffix(path, "/") }
