package server

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/labelgate/labelgate/pkg/store"
)

// maxItems bounds the items of one answer.
const maxItems = 1000

// listItems answers a page of a delivery's items.
func (s *Server) listItems(c echo.Context) error {
	id, err := deliveryID(c)
	if err != nil {
		return err
	}
	filter, err := parseItemFilter(c)
	if err != nil {
		return &httpError{status: http.StatusBadRequest, message: err.Error()}
	}
	page, err := s.Store.Items(c.Request().Context(), id, filter)
	switch {
	case errors.Is(err, store.ErrCursor):
		return &httpError{status: http.StatusBadRequest, message: err.Error()}
	case err != nil:
		return apiError(err)
	}
	return c.JSON(http.StatusOK, page)
}

func parseItemFilter(c echo.Context) (f store.ItemFilter, err error) {
	f.After = c.QueryParam("after")
	if f.Limit, err = limitParam(c, 100, maxItems); err != nil {
		return f, err
	}
	for _, state := range strings.FieldsFunc(c.QueryParam("state"), func(r rune) bool { return r == ',' }) {
		if !slices.Contains(store.ItemStates, store.ItemState(state)) {
			return f, fmt.Errorf("state %q: must be one of %v", state, store.ItemStates)
		}
		f.State = append(f.State, store.ItemState(state))
	}
	return f, nil
}
