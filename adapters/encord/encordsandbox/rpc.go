package encordsandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// rpc is a call of the legacy API: POST /public, whatever it does, answered by HTTP 200 with the real status inside.
type rpc struct {
	http.ResponseWriter
	resourceType, resourceID string
	uid, payload             json.RawMessage
}

// refusal is an error of the legacy API.
type refusal struct {
	status  int
	code    string
	payload string
}

func invalid(format string, args ...any) *refusal {
	return &refusal{http.StatusBadRequest, "INVALID_ARGUMENTS_ERROR", fmt.Sprintf(format, args...)}
}

func absent(format string, args ...any) *refusal {
	return &refusal{http.StatusNotFound, "RESOURCE_NOT_FOUND_ERROR", fmt.Sprintf(format, args...)}
}

// legacyQuery is the body of a call.
type legacyQuery struct {
	QueryType   string `json:"query_type"`
	QueryMethod string `json:"query_method"`
	Values      *struct {
		UID     json.RawMessage `json:"uid"`
		Payload json.RawMessage `json:"payload"`
	} `json:"values"`
}

// legacyOperation is one operation: on which kind of resource, and what it does.
type legacyOperation struct {
	resource string
	serve    func(*rpc) (any, *refusal)
}

func (a *api) operations() map[string]legacyOperation {
	return map[string]legacyOperation{
		"labelrowmetadata GET":        {"project", a.listRows},
		"labelrow GET":                {"project", a.getRows},
		"labelrow PUT":                {"project", a.createRows},
		"labelrow POST":               {"project", a.saveRows},
		"labelworkflowgraphnode POST": {"project", a.actOnRows},
		"dataset GET":                 {"dataset", a.getDataset},
		"datarows GET":                {"dataset", a.getDataRows},
		"datasetlinkitems POST":       {"dataset", a.linkItems},
	}
}

func (a *api) legacy(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // it is in memory already
	if err := a.auth.legacy(r, body); err != nil {
		refuse(w, &refusal{http.StatusUnauthorized, "AUTHENTICATION_ERROR", err.Error()})
		return
	}
	var q legacyQuery
	if err := strict(body, &q); err != nil || q.Values == nil || r.Header.Get("Content-Type") != "application/json" {
		refuse(w, invalid("the request is no query: %v", err))
		return
	}
	op, ok := a.operations()[q.QueryType+" "+q.QueryMethod]
	if !ok {
		refuse(w, &refusal{http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED_ERROR", q.QueryType + " " + q.QueryMethod})
		return
	}
	c := &rpc{w, r.Header.Get("ResourceType"), r.Header.Get("ResourceID"), q.Values.UID, q.Values.Payload}
	if hash := map[string]string{"project": projectHash, "dataset": datasetHash}[op.resource]; c.resourceType != op.resource || c.resourceID != hash {
		refuse(w, &refusal{http.StatusForbidden, "AUTHORISATION_ERROR", c.resourceType + " " + c.resourceID})
		return
	}
	answer, no := op.serve(c)
	if no != nil {
		refuse(w, no)
		return
	}
	sandbox.WriteJSON(w, http.StatusOK, map[string]any{"status": http.StatusOK, "response": answer})
}

func refuse(w http.ResponseWriter, no *refusal) {
	sandbox.Effect(w, "refused: %s %s", no.code, no.payload)
	sandbox.WriteJSON(w, http.StatusOK, map[string]any{"status": no.status, "response": []string{no.code}, "payload": no.payload})
}

func (c *rpc) effect(format string, args ...any) { sandbox.Effect(c.ResponseWriter, format, args...) }

// ids reads a uid that is a list of texts, none empty and none twice.
func (c *rpc) ids() ([]string, *refusal) {
	var ids []string
	if err := json.Unmarshal(c.uid, &ids); err != nil || len(ids) == 0 {
		return nil, invalid("uid must be a list of ids")
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if id == "" || seen[id] {
			return nil, invalid("uid has an empty id, or one twice: %q", id)
		}
		seen[id] = true
	}
	return ids, nil
}

// read decodes the payload, which must have exactly the fields that the client sends.
func (c *rpc) read(into any, fields ...string) *refusal {
	var there map[string]json.RawMessage
	if err := json.Unmarshal(c.payload, &there); err != nil {
		return invalid("payload is no object")
	}
	for _, name := range fields {
		if _, ok := there[name]; !ok {
			return invalid("payload.%s is missing", name)
		}
	}
	if err := strict(c.payload, into); err != nil {
		return invalid("payload: %v", err)
	}
	return nil
}

func (c *rpc) nullUID() *refusal {
	if string(c.uid) != "null" {
		return invalid("uid must be null")
	}
	return nil
}
