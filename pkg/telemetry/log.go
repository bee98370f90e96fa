// Package telemetry holds every log key and every metric of Labelgate, in one place.
package telemetry

import (
	"io"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// The log keys. A line uses no other.
const (
	KeyEventID     = "event_id"
	KeySource      = "source"
	KeyRoute       = "route"
	KeyDestination = "destination"
	KeyAdapter     = "adapter"
	KeyDelivery    = "delivery_id"
	KeyStep        = "step"
	KeyAttempt     = "attempt"
	KeyVerdict     = "verdict"
	KeyReason      = "reason"
	KeyDetail      = "detail"
	KeyState       = "state"
	KeyStatus      = "status"
	KeyItems       = "items"
	KeyRefused     = "refused"
	KeyBytes       = "bytes"
	KeyDuration    = "duration_ms"
	KeyRetryAt     = "retry_at"
	KeyAddress     = "address"
	KeyVersion     = "version"
	KeyStore       = "store"
	KeyCount       = "count"
	KeyPausedBy    = "paused_by"
	KeyConfig      = "config"
)

// SetLevel changes the level of a logger: "debug", "info", "warn" or "error".
type SetLevel func(level string) error

// NewLogger returns a logger that writes JSON lines to w, from the level on, and the way to change that.
func NewLogger(w io.Writer, level string) (*zap.Logger, SetLevel, error) {
	lvl, err := zap.ParseAtomicLevel(level)
	if err != nil {
		return nil, nil, err
	}
	enc := zapcore.EncoderConfig{
		TimeKey:     "time",
		LevelKey:    "level",
		MessageKey:  "msg",
		EncodeTime:  zapcore.RFC3339NanoTimeEncoder,
		EncodeLevel: zapcore.LowercaseLevelEncoder,
	}
	sink := zapcore.Lock(zapcore.AddSync(w))
	set := func(level string) error { return lvl.UnmarshalText([]byte(level)) }
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(enc), sink, lvl)), set, nil
}

// Milliseconds is the duration as a log field, with three decimals.
func Milliseconds(d time.Duration) zap.Field {
	return zap.Float64(KeyDuration, float64(d.Microseconds())/1000)
}
