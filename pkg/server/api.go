package server

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/labelgate/labelgate/pkg/store"
)

// DeliveryList is a page of deliveries, newest first.
type DeliveryList struct {
	Deliveries []store.Delivery `json:"deliveries"`
	// Next is the value of "before" for the next page, 0 when this was the last.
	Next int64 `json:"next,omitempty"`
}

// defaultPage is how many deliveries an answer has that was not asked for a number, maxPage how many at most.
const (
	defaultPage = 50
	maxPage     = 500
)

func (s *Server) routeAPI(g *echo.Group) {
	g.GET("/deliveries", s.listDeliveries)
	g.GET("/deliveries/:id", s.showDelivery)
	g.GET("/deliveries/:id/items", s.listItems)
	g.POST("/deliveries/:id/redrive", s.redrive)
	g.POST("/deliveries/:id/discard", s.discard)
	g.POST("/deliveries/:id/settle", s.settle)
	g.GET("/bulk", s.listBulks)
	g.POST("/bulk", s.startBulk)
	g.POST("/bulk/estimate", s.estimate)
	g.DELETE("/bulk/:id", s.stopBulk)
	g.GET("/config", s.runningConfig)
	g.POST("/reload", s.reload)
	g.GET("/destinations", s.listDestinations)
	g.POST("/destinations/:name/pause", s.pause)
	g.POST("/destinations/:name/resume", s.resume)
}

func (s *Server) listDeliveries(c echo.Context) error {
	filter, err := parseFilter(c)
	if err != nil {
		return &httpError{status: http.StatusBadRequest, message: err.Error()}
	}
	deliveries, err := s.Store.List(c.Request().Context(), filter)
	if err != nil {
		return err
	}
	page := DeliveryList{Deliveries: deliveries}
	if page.Deliveries == nil {
		page.Deliveries = []store.Delivery{}
	}
	if len(deliveries) == filter.Limit {
		page.Next = deliveries[len(deliveries)-1].ID
	}
	return c.JSON(http.StatusOK, page)
}

func parseFilter(c echo.Context) (f store.Filter, err error) {
	f = store.Filter{Route: c.QueryParam("route"), Destination: c.QueryParam("destination"), Search: c.QueryParam("search")}
	if f.State, err = parseStates(strings.FieldsFunc(c.QueryParam("state"), func(r rune) bool { return r == ',' })); err != nil {
		return f, err
	}
	if f.Since, err = timeParam(c, "since"); err != nil {
		return f, err
	}
	if f.Until, err = timeParam(c, "until"); err != nil {
		return f, err
	}
	if f.Limit, err = limitParam(c, defaultPage, maxPage); err != nil {
		return f, err
	}
	f.Before, err = numberParam(c, "before")
	return f, err
}

// timeParam reads a time, zero when it is not given.
func timeParam(c echo.Context, name string) (time.Time, error) {
	text := c.QueryParam(name)
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, fmt.Errorf("%s %q: must be a time such as 2026-11-25T12:00:00Z", name, text)
	}
	return at, nil
}

// numberParam reads a number from 1, 0 when it is not given.
func numberParam(c echo.Context, name string) (int64, error) {
	text := c.QueryParam(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s %q: must be a number from 1", name, text)
	}
	return n, nil
}

func limitParam(c echo.Context, usual, most int) (int, error) {
	n, err := numberParam(c, "limit")
	if n == 0 {
		return usual, err
	}
	return int(min(n, int64(most))), err
}

func (s *Server) showDelivery(c echo.Context) error {
	id, err := deliveryID(c)
	if err != nil {
		return err
	}
	detail, err := s.Store.Get(c.Request().Context(), id)
	if err != nil {
		return apiError(err)
	}
	return c.JSON(http.StatusOK, detail)
}

func (s *Server) redrive(c echo.Context) error {
	id, err := deliveryID(c)
	if err != nil {
		return err
	}
	if err := s.Deliverer.Redrive(c.Request().Context(), id); err != nil {
		return apiError(err)
	}
	return c.NoContent(http.StatusNoContent)
}

func (s *Server) discard(c echo.Context) error {
	id, err := deliveryID(c)
	if err != nil {
		return err
	}
	if err := s.Deliverer.Discard(c.Request().Context(), id); err != nil {
		return apiError(err)
	}
	return c.NoContent(http.StatusNoContent)
}

func deliveryID(c echo.Context) (int64, error) { return pathNumber(c, "delivery") }

func pathNumber(c echo.Context, what string) (int64, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return 0, &httpError{status: http.StatusBadRequest, message: fmt.Sprintf("%s %.40q: must be a number", what, c.Param("id"))}
	}
	return id, nil
}

func apiError(err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return &httpError{status: http.StatusNotFound, message: err.Error()}
	case errors.Is(err, store.ErrState):
		return &httpError{status: http.StatusConflict, message: err.Error()}
	default:
		return err
	}
}
