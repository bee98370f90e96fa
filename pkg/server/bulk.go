package server

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/store"
)

// BulkRequest is a redrive or discard of many deliveries.
type BulkRequest struct {
	// Kind is redrive (also when empty) or discard; PerMinute is how many deliveries a minute, 0 for as fast as it goes.
	Kind      delivery.BulkKind `json:"kind,omitempty"`
	PerMinute int               `json:"per_minute,omitempty"`
	// IDs are deliveries by their ids; the rest chooses deliveries where there are none. Without a state it is dead and
	// partial ones.
	IDs         []int64   `json:"ids,omitempty"`
	State       []string  `json:"state,omitempty"`
	Route       string    `json:"route,omitempty"`
	Destination string    `json:"destination,omitempty"`
	Search      string    `json:"search,omitempty"`
	Since       time.Time `json:"since,omitzero"`
	Until       time.Time `json:"until,omitzero"`
}

// BulkList are the last bulks of the process, newest first.
type BulkList struct {
	Bulks []delivery.Bulk `json:"bulks"`
}

// Selection is what the request chooses. A request that chooses nothing at all is an error: it would mean everything.
func (r BulkRequest) Selection() (delivery.Selection, error) {
	states, err := parseStates(r.State)
	s := delivery.Selection{IDs: r.IDs, Filter: store.Filter{
		State: states, Route: r.Route, Destination: r.Destination, Search: r.Search, Since: r.Since, Until: r.Until,
	}}
	switch {
	case err != nil:
		return s, err
	case r.PerMinute < 0:
		return s, errors.New("per_minute: must not be negative; 0 is as fast as it goes")
	case len(r.IDs)+len(r.State) == 0 && r.Route+r.Destination+r.Search == "" && r.Since.IsZero() && r.Until.IsZero():
		return s, errors.New("nothing is chosen: give ids, a state, a route, a destination, a search or a time")
	}
	return s, nil
}

func readBulk(c echo.Context) (r BulkRequest, s delivery.Selection, err error) {
	if err = readJSON(c, &r); err != nil {
		return r, s, err
	}
	if r.Kind == "" {
		r.Kind = delivery.BulkRedrive
	}
	if s, err = r.Selection(); err != nil {
		err = &httpError{status: http.StatusBadRequest, message: err.Error()}
	}
	return r, s, err
}

// estimate says what a redrive would send.
func (s *Server) estimate(c echo.Context) error {
	_, selection, err := readBulk(c)
	if err != nil {
		return err
	}
	estimate, err := s.Deliverer.Estimate(c.Request().Context(), selection)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, estimate)
}

func (s *Server) startBulk(c echo.Context) error {
	request, selection, err := readBulk(c)
	if err != nil {
		return err
	}
	bulk, err := s.Deliverer.StartBulk(request.Kind, selection, request.PerMinute)
	if err != nil {
		return &httpError{status: http.StatusConflict, message: err.Error()}
	}
	return c.JSON(http.StatusAccepted, bulk)
}

func (s *Server) listBulks(c echo.Context) error {
	return c.JSON(http.StatusOK, BulkList{Bulks: s.Deliverer.Bulks()})
}

func (s *Server) stopBulk(c echo.Context) error {
	id, err := pathNumber(c, "bulk")
	if err != nil {
		return err
	}
	if err := s.Deliverer.StopBulk(id); err != nil {
		return apiError(err)
	}
	return c.NoContent(http.StatusNoContent)
}
