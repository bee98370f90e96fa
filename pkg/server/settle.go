package server

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
)

// SettleRequest is a person's word about a step whose outcome is unknown.
type SettleRequest struct {
	// Step is the step's id.
	Step string `json:"step"`
	// Done says that the vendor has it; false, that it does not and the step may be sent again.
	Done bool `json:"done"`
	// Kept are values that the vendor's answer would have brought, such as the id of a batch that later steps need.
	Kept map[string]string `json:"kept,omitempty"`
	// Refused are the items of the step that the vendor did not take, with the reasons.
	Refused map[export.ItemID]string `json:"refused,omitempty"`
}

// Settlement is the word as the store takes it; an error says what does not go together.
func (r SettleRequest) Settlement() (store.Settlement, error) {
	s := store.Settlement{Step: r.Step, Outcome: store.StepFailed, Kept: r.Kept}
	for item, reason := range r.Refused {
		s.Refused = append(s.Refused, adapter.Refusal{Index: -1, Item: item, Reason: reason})
	}
	slices.SortFunc(s.Refused, func(a, b adapter.Refusal) int { return cmp.Compare(a.Item, b.Item) })
	if r.Done {
		s.Outcome = store.StepSettled
	}
	switch {
	case r.Step == "":
		return s, errors.New("step: required")
	case !r.Done && len(r.Kept)+len(r.Refused) > 0:
		return s, errors.New("kept and refused are for a step that was done")
	}
	return s, nil
}

// maxRequest bounds the body of a request to the API, in bytes.
const maxRequest = 1 << 20

// settle writes down a person's word about a step.
func (s *Server) settle(c echo.Context) error {
	id, err := deliveryID(c)
	if err != nil {
		return err
	}
	var request SettleRequest
	if err := readJSON(c, &request); err != nil {
		return err
	}
	said, err := request.Settlement()
	if err != nil {
		return &httpError{status: http.StatusBadRequest, message: err.Error()}
	}
	if err := s.Deliverer.Settle(c.Request().Context(), id, said); err != nil {
		return apiError(err)
	}
	return c.NoContent(http.StatusNoContent)
}

// readJSON reads a request's body, strictly.
func readJSON(c echo.Context, into any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(c.Response(), c.Request().Body, maxRequest))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return &httpError{status: http.StatusBadRequest, message: fmt.Sprintf("body: %.200s", err.Error())}
	}
	return nil
}
