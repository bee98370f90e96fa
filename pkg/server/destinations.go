package server

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/labelgate/labelgate/pkg/delivery"
)

// DestinationList is how the destinations stand.
type DestinationList struct {
	Destinations []delivery.Standing `json:"destinations"`
}

// PauseRequest says why a destination is paused.
type PauseRequest struct {
	// Why is for people.
	Why string `json:"why"`
}

func (s *Server) listDestinations(c echo.Context) error {
	return c.JSON(http.StatusOK, DestinationList{Destinations: s.Deliverer.Destinations(c.Request().Context())})
}

func (s *Server) pause(c echo.Context) error {
	var request PauseRequest
	if c.Request().ContentLength != 0 {
		if err := readJSON(c, &request); err != nil {
			return err
		}
	}
	if err := s.Deliverer.Pause(c.Request().Context(), c.Param("name"), request.Why); err != nil {
		return apiError(err)
	}
	return c.NoContent(http.StatusNoContent)
}

func (s *Server) resume(c echo.Context) error {
	if err := s.Deliverer.Resume(c.Request().Context(), c.Param("name")); err != nil {
		return apiError(err)
	}
	return c.NoContent(http.StatusNoContent)
}

// pausedText is a line for each destination that is paused. It names no reason's detail: anyone may ask for /readyz.
func (s *Server) pausedText(ctx context.Context) string {
	var text strings.Builder
	for _, d := range s.Deliverer.Destinations(ctx) {
		if d.Paused != nil {
			fmt.Fprintf(&text, "destination %s: paused by %s", d.Name, d.Paused.By)
			if d.Paused.Reason != "" {
				fmt.Fprintf(&text, ": %s", d.Paused.Reason)
			}
			text.WriteByte('\n')
		}
	}
	return text.String()
}
