package sandbox

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"maps"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// answer is what the vendor says, before a fault spoils it.
type answer struct {
	status int
	header map[string]string
	// values are the headers of a played vendor, which may have several of a name.
	values http.Header
	body   []byte
	// contentType is JSON when empty.
	contentType string
	// effect says in words what the request changed, or why it changed nothing.
	effect string
}

// taken reports whether the request had its effect.
func (a answer) taken() bool { return a.status >= 200 && a.status < 300 }

// write sends the answer whole.
func (a answer) write(w http.ResponseWriter) {
	a.writeHeader(w)
	w.Write(a.body) //nolint:errcheck // a client that has gone is no fault of the vendor
}

func (a answer) writeHeader(w http.ResponseWriter) {
	header := w.Header()
	maps.Copy(header, a.values)
	for name, value := range a.header {
		header.Set(name, value)
	}
	contentType := a.contentType
	if contentType == "" && len(a.body) > 0 {
		contentType = "application/json"
	}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	if a.status == http.StatusNoContent {
		w.WriteHeader(a.status)
		return
	}
	if header.Get("Content-Length") == "" {
		header.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
}

// refuse is a REST refusal.
func refuse(status int, why string) answer {
	return answer{status: status, body: marshal(map[string]string{"error": why}), effect: "refused: " + why}
}

// refuseGraphQL is a GraphQL refusal, in the form and with the codes of Apollo Server, see
// https://www.apollographql.com/docs/apollo-server/data/errors.
func refuseGraphQL(status int, code, why string) answer {
	type extensions struct {
		Code string `json:"code"`
	}
	type graphqlError struct {
		Message    string     `json:"message"`
		Extensions extensions `json:"extensions"`
	}
	document := map[string]any{"data": nil, "errors": []graphqlError{{why, extensions{code}}}}
	return answer{status: status, body: marshal(document), effect: "refused: " + code + ": " + why}
}

// unreadable answers a body that ended early or is too large.
func unreadable(err error) answer {
	if errors.Is(err, errTooLarge) {
		return refuse(http.StatusRequestEntityTooLarge, err.Error())
	}
	return refuse(http.StatusBadRequest, "the body cannot be read: "+err.Error())
}

// admit checks what a request's head says; ok is false for one that is not taken, with its answer.
func (s *Server) admit(c *call) (ans answer, ok bool) {
	header := c.request.Header
	key, isBearer := strings.CutPrefix(header.Get("Authorization"), "Bearer ")
	switch mediaType, _, err := mime.ParseMediaType(header.Get("Content-Type")); {
	case !isBearer || strings.TrimSpace(key) == "":
		return c.refuse(http.StatusUnauthorized, codeUnauthenticated, "a key is missing; send Authorization: Bearer KEY"), false
	case s.options.Key != "" && subtle.ConstantTimeCompare([]byte(key), []byte(s.options.Key)) != 1:
		return c.refuse(http.StatusUnauthorized, codeUnauthenticated, "the key is wrong"), false
	case c.request.Method != http.MethodPost:
		ans = refuse(http.StatusMethodNotAllowed, "method "+c.request.Method+" is not taken; send POST")
		ans.header = map[string]string{"Allow": http.MethodPost}
		return ans, false
	case err != nil || mediaType != "application/json":
		return c.refuse(http.StatusUnsupportedMediaType, codeBadRequest, "the content type is not application/json"), false
	case header.Get("Content-Encoding") != "":
		return c.refuse(http.StatusUnsupportedMediaType, codeBadRequest, "an encoded body is not taken"), false
	}
	return answer{}, true
}

// refuse refuses in the form of the API that was called.
func (c *call) refuse(status int, code, why string) answer {
	if c.request.URL.Path == relabelPath {
		return refuseGraphQL(status, code, why)
	}
	return refuse(status, why)
}

// marshal makes JSON of values that always have one.
func marshal(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // a value with no JSON form is a mistake in this package
	}
	return text
}
