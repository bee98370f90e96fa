package cvatsandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// The texts of Django REST framework's checks.
const (
	required = "This field is required."
	notNull  = "This field may not be null."
	blank    = "This field may not be blank."
)

// problem is a refusal in one of the forms that CVAT has: {"field": ["text"]}, {"detail": "text"}, ["text"] or a bare text.
type problem struct {
	status int
	header map[string]string
	body   any
}

func (p *problem) write(w http.ResponseWriter) {
	for name, value := range p.header {
		w.Header().Set(name, value)
	}
	sandbox.WriteJSON(w, p.status, p.body)
	w.Header().Set("Content-Type", "application/vnd.cvat+json")
}

// detail is the form of everything that is not about a field.
func detail(status int, text string) *problem {
	return &problem{status: status, body: map[string]string{"detail": text}}
}

// field is the form of what is wrong with a field.
func field(name, format string, args ...any) *problem {
	return &problem{status: http.StatusBadRequest, body: map[string][]string{name: {fmt.Sprintf(format, args...)}}}
}

// invalid is the form of a ValidationError that a view raises itself.
func invalid(format string, args ...any) *problem {
	return &problem{status: http.StatusBadRequest, body: []string{fmt.Sprintf(format, args...)}}
}

// bare is the form of the few answers that are a JSON text.
func bare(status int, text string) *problem { return &problem{status: status, body: text} }

// read decodes a JSON body strictly into a struct of pointers: unknown names, wrong types, and null where the document does
// not say nullable, are refused. nullable names the fields at the top that may be null.
func (c *call) read(into any, nullable ...string) *problem {
	media, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return detail(http.StatusUnsupportedMediaType, fmt.Sprintf("Unsupported media type %q in request.", c.r.Header.Get("Content-Type")))
	}
	body, err := io.ReadAll(c.r.Body)
	if err != nil {
		return detail(http.StatusBadRequest, err.Error())
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return detail(http.StatusBadRequest, "JSON parse error - "+err.Error())
	}
	for name, value := range fields {
		if string(value) == "null" && !slices.Contains(nullable, name) {
			return field(name, notNull)
		}
	}
	return decode(body, into)
}

// decode is strict about names and types, and says which field is wrong.
func decode(body []byte, into any) *problem {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	var mistyped *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &mistyped):
		return field(mistyped.Field, "A valid %s is required, not %s.", mistyped.Type, mistyped.Value)
	default:
		if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
			return field(strings.Trim(name, `"`), "There is no such field.")
		}
		return detail(http.StatusBadRequest, "JSON parse error - "+err.Error())
	}
}

// queries refuses query parameters that the endpoint does not have. Those of every list need no naming.
func (c *call) queries(known ...string) *problem {
	for name := range c.r.URL.Query() {
		if !slices.Contains(known, name) && name != "org" && name != "org_id" {
			return field(name, "There is no such query parameter.")
		}
	}
	return nil
}
