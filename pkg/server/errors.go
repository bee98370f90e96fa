package server

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"github.com/labelgate/labelgate/pkg/store"
)

// httpError is an answer that is not a success.
type httpError struct {
	status     int
	message    string
	retryAfter string
}

// Error returns the message.
func (e *httpError) Error() string { return e.message }

// problem is an answer of the API by RFC 9457.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
}

// answerError writes an error: as a problem document below /api, as one line of text elsewhere.
func (s *Server) answerError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	answer := s.asHTTP(err)
	if answer.retryAfter != "" {
		c.Response().Header().Set(echo.HeaderRetryAfter, answer.retryAfter)
	}
	if answer.status >= http.StatusInternalServerError || answer.status == http.StatusRequestEntityTooLarge {
		c.Response().Header().Set(echo.HeaderConnection, "close") // what is left of the body is not read
	}
	if !strings.HasPrefix(c.Request().URL.Path, "/api/") {
		err = c.String(answer.status, answer.message+"\n")
	} else {
		c.Response().Header().Set(echo.HeaderContentType, "application/problem+json")
		err = c.JSON(answer.status, problem{http.StatusText(answer.status), answer.status, answer.message})
	}
	if err != nil {
		s.Log.Debug("answer not written", zap.Error(err))
	}
}

func (s *Server) asHTTP(err error) *httpError {
	var ours *httpError
	if errors.As(err, &ours) {
		return ours
	}
	var echos *echo.HTTPError
	if errors.As(err, &echos) {
		return &httpError{status: echos.Code, message: strings.ToLower(http.StatusText(echos.Code))}
	}
	if errors.Is(err, store.ErrUnavailable) {
		s.Log.Error("request not answered, the store is away", zap.Error(err))
		return &httpError{
			status: http.StatusServiceUnavailable, retryAfter: storeRetryAfter, message: "the store is not available now; try again later",
		}
	}
	s.Log.Error("request not answered", zap.Error(err))
	return &httpError{status: http.StatusInternalServerError, message: "internal error; see the gateway's log"}
}
