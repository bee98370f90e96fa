package sandbox

import (
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
)

// routeLook adds what people and tests look at.
func (s *Server) routeLook(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /_sandbox/requests", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Calls()) })
	mux.HandleFunc("DELETE /_sandbox/requests", func(w http.ResponseWriter, _ *http.Request) {
		s.Reset()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /_sandbox/summary", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Summary()) })
	mux.HandleFunc("POST /_sandbox/faults", s.setFault)
}

// Calls returns the calls that came in, newest first.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := append([]Call{}, s.calls...)
	slices.Reverse(calls)
	return calls
}

// Summary returns what the vendor holds.
func (s *Server) Summary() Summary { return s.ledger.snapshot() }

// Reset forgets everything, the fault too.
func (s *Server) Reset() {
	s.mu.Lock()
	s.calls, s.count = nil, 0
	s.mu.Unlock()
	s.ledger.reset()
	s.faults.set(Fault{})
}

func (s *Server) setFault(w http.ResponseWriter, r *http.Request) {
	var f Fault
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
	dec.DisallowUnknownFields()
	err := dec.Decode(&f)
	if err == nil {
		err = s.Misbehave(f)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(value) // who has gone needs no answer
}

// page shows people what came in.
func (s *Server) page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = pageTemplate.Execute(w, map[string]any{"Calls": s.Calls(), "Summary": s.Summary()})
}

//nolint:gochecknoglobals // a constant template
var pageTemplate = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Labelgate sandbox</title>
<style>body{font:14px system-ui;margin:2em}td,th{padding:.2em .8em;text-align:left;border-bottom:1px solid #ddd;vertical-align:top}
pre{margin:0;white-space:pre-wrap;max-width:60em;max-height:8em;overflow:auto}</style></head><body>
<h1>Labelgate sandbox</h1>
<p>{{.Summary.BatchCount}} batches with {{.Summary.Frames}} frames;
{{range $project, $n := .Summary.Labels}}{{$n}} labels of {{$project}} to be redone; {{end}}
{{.Summary.Repeats}} repeated effects, {{.Summary.Replays}} replayed answers,
{{.Summary.MatchedEverything}} mutations that could have matched everything.</p>
<table><tr><th>#</th><th>call</th><th>status</th><th>effect</th><th>body</th></tr>
{{range .Calls}}<tr><td>{{.Number}}</td><td>{{.Method}} {{.Path}}</td><td>{{.Status}} {{.Fault}}</td><td>{{.Effect}}</td>
<td><pre>{{.Sample}}</pre></td></tr>{{end}}</table></body></html>
`))
