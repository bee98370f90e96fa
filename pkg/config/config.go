// Package config reads labelgate.yaml: strictly, with every mistake at once and its place in the file.
package config

import (
	"time"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// Config is a checked config file, with environment values filled in and defaults applied.
type Config struct {
	Server       Server                 `yaml:"server" doc:"The HTTP server that takes webhooks."`
	Admin        Admin                  `yaml:"admin" doc:"Who may see metrics and deliveries."`
	Store        Store                  `yaml:"store" doc:"Where accepted events and their deliveries are kept."`
	Log          Log                    `yaml:"log" doc:"What is logged."`
	Sources      map[string]Source      `yaml:"sources" required:"true" doc:"The tools that send exports, by a name of yours."`
	Destinations map[string]Destination `yaml:"destinations" required:"true" doc:"The labeling vendors, by a name of yours."`
	Routes       []Route                `yaml:"routes" required:"true" doc:"Which source's events go to which destination."`

	// Digest is the SHA-256 of the file in hexadecimal, as sha256sum prints it.
	Digest string `yaml:"-"`
}

// Server is the HTTP server.
type Server struct {
	Listen        string        `yaml:"listen" doc:"Address to listen on."`
	MaxBody       Size          `yaml:"max_body" doc:"Largest request body, after inflating."`
	HeaderTimeout time.Duration `yaml:"header_timeout" doc:"Longest time for a request's header to arrive."`
	BodyTimeout   time.Duration `yaml:"body_timeout" doc:"Longest time for a request's body to arrive."`
	DrainTimeout  time.Duration `yaml:"drain_timeout" doc:"Longest time that calls in flight may take after SIGTERM."`
}

// Admin guards everything but the webhooks, /healthz and /readyz.
type Admin struct {
	Token Secret `yaml:"token" doc:"Bearer token of the API and the metrics; without one they answer on loopback addresses only."`
}

// Store is the database.
type Store struct {
	URL       string        `yaml:"url" doc:"sqlite://labelgate.db (relative) or sqlite:///var/lib/labelgate.db (absolute); postgres://user@host/database for several replicas."`
	Retention time.Duration `yaml:"retention" doc:"How long finished deliveries are kept; 0 for ever."`
}

// Log is the logger.
type Log struct {
	Level string `yaml:"level" enum:"debug,info,warn,error" doc:"Least level to log."`
}

// Source is a tool that sends exports.
type Source struct {
	Type     string   `yaml:"type" required:"true" enum:"aquarium" doc:"Kind of tool."`
	Secrets  []Secret `yaml:"secrets" doc:"Shared secrets that a sender may use; several while one is being rotated."`
	Insecure bool     `yaml:"insecure" doc:"Take events from anyone. Must be said to have no secrets."`
}

// Destination is a labeling vendor's account.
type Destination struct {
	Adapter string            `yaml:"adapter" required:"true" doc:"Adapter that speaks to the vendor, see labelgate adapters."`
	URL     string            `yaml:"url" required:"true" doc:"The vendor's URL."`
	APIKey  Secret            `yaml:"api_key" doc:"The vendor's key; the adapter knows how it is sent."`
	Headers map[string]Secret `yaml:"headers" doc:"Extra headers of every call."`
	Auth    *Auth             `yaml:"auth" doc:"How the key is sent, where it differs from the adapter's way."`
	Limits  Limits            `yaml:"limits" doc:"Bounds of what is sent."`
	Retry   Retry             `yaml:"retry" doc:"When to try again."`
	Price   Price             `yaml:"price" doc:"What the vendor takes for an item, so that a redrive can say what it costs."`
	Options map[string]any    `yaml:"options" doc:"The adapter's own options."`
}

// Auth overrides how an adapter sends the key.
type Auth struct {
	Header string `yaml:"header" doc:"Name of the header that carries the key."`
	Scheme string `yaml:"scheme" doc:"Word before the key, such as Bearer; empty for the bare key."`
	Basic  bool   `yaml:"basic" doc:"Send the key as user name of HTTP basic authentication."`
}

// Limits bound what is sent to a destination. The adapter's own limits hold as well.
type Limits struct {
	Concurrency int           `yaml:"concurrency" doc:"Calls in flight."`
	PerMinute   int           `yaml:"per_minute" doc:"Calls a minute; 0 for no limit."`
	Timeout     time.Duration `yaml:"timeout" doc:"Longest time for one call."`
	MaxAnswer   Size          `yaml:"max_answer" doc:"Largest answer that is read."`
}

// Retry is the schedule after failures: exponential, with full jitter.
type Retry struct {
	Initial       time.Duration `yaml:"initial" doc:"Upper bound of the first wait; it doubles with each failure in a row."`
	Max           time.Duration `yaml:"max" doc:"Upper bound of a wait."`
	MaxRetryAfter time.Duration `yaml:"max_retry_after" doc:"Ceiling for a vendor's own Retry-After."`
	Poll          time.Duration `yaml:"poll" doc:"First wait for a vendor that is still at work and does not say how long; later it is an eighth of the time that it has been at work, up to max."`
	GiveUpAfter   time.Duration `yaml:"give_up_after" doc:"After failing, or being asked for, for this long the delivery is dead; time in which the destination is paused does not count."`
	PauseAfter    int           `yaml:"pause_after" doc:"Calls in a row that may fail before the destination pauses itself and probes with one delivery at a time; a refused key (401, 403) pauses it at once. 0 for never: then a refused key ends the delivery."`
}

// Price is what the vendor takes.
type Price struct {
	PerItem  float64 `yaml:"per_item" doc:"Price of one item; 0 where it is not known."`
	Currency string  `yaml:"currency" doc:"Currency of the price, such as EUR."`
}

// Route takes one source's events to one destination.
type Route struct {
	Name        string         `yaml:"name" required:"true" doc:"Name of the route, in logs, metrics and the ledger."`
	Path        string         `yaml:"path" required:"true" doc:"URL path of its endpoint."`
	Source      string         `yaml:"source" required:"true" doc:"Name of the source."`
	Events      []string       `yaml:"events" doc:"Event types that it takes."`
	Destination string         `yaml:"destination" required:"true" doc:"Name of the destination."`
	Options     map[string]any `yaml:"options" doc:"Laid over the destination's options."`
	Wait        time.Duration  `yaml:"wait" doc:"Over 0: answer only when delivered, or 202 when that takes longer."`
	Dedup       time.Duration  `yaml:"dedup_window" doc:"How long an identical body counts as a repeat; 0 to take it again."`

	// Adapter is the destination's adapter, made from the merged options.
	Adapter adapter.Adapter `yaml:"-"`

	place func(error) Error
}

// Mistakes puts mistakes that were found in the adapter's options later, such as at the vendor, to their places in the file.
func (r Route) Mistakes(found []error) Errors {
	placed := make(Errors, 0, len(found))
	for _, err := range found {
		placed = append(placed, r.place(err))
	}
	return inOrder(placed)
}

// Secret is text that never shows itself.
type Secret string

// String returns a mask.
func (Secret) String() string { return "***" }

// GoString returns a mask.
func (Secret) GoString() string { return "***" }

// MarshalText returns a mask.
func (Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// Reveal returns the text itself, to be used and never to be shown.
func (s Secret) Reveal() string { return string(s) }

// Size is a number of bytes, written 512MiB.
type Size int64
