package sandbox

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"io"
	"net/http"
	"time"
)

//go:embed page.html
var pageText string

// page is what people see at /.
var page = template.Must(template.New("page").Parse(pageText)) //nolint:gochecknoglobals // parsed once

// pageRequests is how many requests the page shows.
const pageRequests = 100

// maxFault bounds the body of a fault, in bytes.
const maxFault = 64 << 10

// look is the API by which the sandbox itself is looked at and told to misbehave.
func (s *Server) look() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+lookPrefix+"requests", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Requests()) })
	mux.HandleFunc("DELETE "+lookPrefix+"requests", func(w http.ResponseWriter, _ *http.Request) {
		s.Reset()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET "+lookPrefix+"summary", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Summary()) })
	mux.HandleFunc("GET "+lookPrefix+"state", s.getState)
	mux.HandleFunc("GET "+lookPrefix+"{$}", func(w http.ResponseWriter, _ *http.Request) { s.showPage(w) })
	mux.HandleFunc("GET "+lookPrefix+"pictures/", func(w http.ResponseWriter, r *http.Request) { s.show(w, r) })
	mux.HandleFunc("GET "+lookPrefix+"faults", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.faultList()) })
	mux.HandleFunc("POST "+lookPrefix+"faults", s.postFault)
	mux.HandleFunc("DELETE "+lookPrefix+"faults", func(w http.ResponseWriter, _ *http.Request) {
		s.faults.clear()
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

// faultDocument is a fault as JSON.
type faultDocument struct {
	Fault       string  `json:"fault"`
	Times       int     `json:"times,omitempty"`
	After       int     `json:"after,omitempty"`
	Every       int     `json:"every,omitempty"`
	Probability float64 `json:"probability,omitempty"`
	Seed        uint64  `json:"seed,omitempty"`
	RetryAfter  string  `json:"retry_after,omitempty"`
	Delay       string  `json:"delay,omitempty"`
	Code        string  `json:"code,omitempty"`
	Size        int64   `json:"size,omitempty"`
}

func (d faultDocument) fault() (Fault, error) {
	f := Fault{
		Kind: d.Fault, Times: d.Times, After: d.After, Every: d.Every, Probability: d.Probability, Seed: d.Seed,
		RetryAfter: d.RetryAfter, Code: d.Code, Size: d.Size,
	}
	var err error
	if d.Delay != "" {
		f.Delay, err = time.ParseDuration(d.Delay)
	}
	return f, err
}

func (s *Server) faultList() []faultDocument {
	list := []faultDocument{}
	for _, f := range s.faults.list() {
		list = append(list, faultDocument{
			Fault: f.Kind, Times: f.Times, After: f.After, Every: f.Every, Probability: f.Probability, Seed: f.Seed,
			RetryAfter: f.RetryAfter, Delay: f.Delay.String(), Code: f.Code, Size: f.Size,
		})
	}
	return list
}

func (s *Server) postFault(w http.ResponseWriter, r *http.Request) {
	if err := s.takeFault(io.LimitReader(r.Body, maxFault)); err != nil {
		refuse(http.StatusBadRequest, err.Error()).write(w)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) takeFault(from io.Reader) error {
	var d faultDocument
	strict := json.NewDecoder(from)
	strict.DisallowUnknownFields()
	if err := strict.Decode(&d); err != nil {
		return err
	}
	f, err := d.fault()
	if err != nil {
		return err
	}
	return s.Inject(f)
}

func (s *Server) getState(w http.ResponseWriter, _ *http.Request) {
	state, err := s.State()
	if err != nil {
		refuse(http.StatusInternalServerError, "the state has no JSON form: "+err.Error()).write(w)
		return
	}
	answer{status: http.StatusOK, body: state}.write(w)
}

// show answers a GET: the page, a picture, or nothing.
func (s *Server) show(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/":
		s.showPage(w)
	case isPicture(r.URL.Path):
		showPicture(w, r)
	default:
		refuse(http.StatusNotFound, r.URL.Path+": there is nothing to see; try / and "+lookPrefix+"requests").write(w)
	}
}

func (s *Server) showPage(w http.ResponseWriter) {
	requests := s.Requests()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	page.Execute(w, map[string]any{ //nolint:errcheck // a client that has gone is no fault of the page
		"Summary": s.Summary(), "Requests": requests[:min(len(requests), pageRequests)], "Faults": s.faultList(),
	})
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	enc.Encode(value) //nolint:errcheck // a client that has gone is no fault of the vendor
}
