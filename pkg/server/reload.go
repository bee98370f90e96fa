package server

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

func (s *Server) runningConfig(c echo.Context) error {
	return c.JSON(http.StatusOK, s.Config.Running())
}

// reload takes the config file as it is now, or says why it does not.
func (s *Server) reload(c echo.Context) error {
	info, err := s.Config.Reload(c.Request().Context())
	if err != nil {
		return &httpError{status: http.StatusUnprocessableEntity, message: err.Error()}
	}
	return c.JSON(http.StatusOK, info)
}
