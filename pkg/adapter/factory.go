package adapter

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"
)

// Factory makes one kind of adapter and says what the host must know about it.
type Factory struct {
	// Name is the config value, the folder under adapters/ and a metric label: "labelbox".
	Name string
	// Summary is one line for `labelgate adapters` and the docs.
	Summary string
	// Options returns a pointer to a struct of defaults. Its fields' tags (`yaml:"name"` and `doc:"..."`, also
	// `required:"true"` and `enum:"a,b"`) make the schema, the docs and the checks. A field of struct type nests.
	Options func() any
	// New makes an adapter from options, a pointer like the one Options returns. An error names the option:
	// use OptionError, so that it can be shown at its line in the config file. Several are joined by errors.Join.
	New func(options any) (Adapter, error)
	// Auth says how the vendor wants the destination's api_key.
	Auth Auth
	// Limits are the vendor's; a destination may set lower ones.
	Limits Limits
}

// Auth says how an API key is sent.
type Auth struct {
	// Header is the header's name, "Authorization" when empty.
	Header string
	// Scheme is put before the key with a space, such as "Bearer"; empty for the bare key.
	Scheme string
	// Basic sends the key as the user name of HTTP basic authentication, with an empty password.
	Basic bool
	// Exchange returns how a key is traded for a short-lived access token, and false for a key that is sent as it is. nil:
	// every key is sent as it is. The host makes the exchange, keeps the token in memory, and renews it once when a call is
	// answered 401.
	Exchange func(key string) (Exchange, bool)
	// Sign returns the headers by which a request is signed; nil: requests are not signed and the key is sent. It is a pure
	// function of its arguments that the host calls for each request; its errors never quote the key. With Sign the key
	// itself is never sent.
	Sign func(key string, r Signable) (map[string]string, error)
}

// Exchange says how a key is traded for an access token: by a POST of {KeyField: key}, answered by {TokenField: token}.
type Exchange struct {
	// Path is appended to the destination's URL.
	Path string
	// KeyField and TokenField are the fields' names in the JSON of the request and of the answer.
	KeyField, TokenField string
	// Scheme is put before the token with a space, in the Authorization header.
	Scheme string
}

// Signable is what a signature can be over.
type Signable struct {
	// Method is the request's method, Target its path and query as they are sent.
	Method, Target string
	// Digest is the SHA-256 of the body's bytes, of none where there is no body.
	Digest [sha256.Size]byte
	// Time is the time of sending.
	Time time.Time
}

// Limits bound what is sent to a vendor. Zero means no limit.
type Limits struct {
	// Items and Bytes bound one call.
	Items int
	Bytes int64
	// Concurrency is the number of calls in flight.
	Concurrency int
	// PerMinute is the number of calls a minute.
	PerMinute int
}

// OptionError is a mistake in one option.
type OptionError struct {
	// Option is the option's dotted name below options: "item", "batch.items", "keep.id".
	Option string
	// Err says what is wrong and what to do.
	Err error
}

// Error returns "option: what is wrong".
func (e *OptionError) Error() string { return e.Option + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *OptionError) Unwrap() error { return e.Err }

// Mistakes are the errors that an error of Factory.New joins, in order; one that joins nothing is alone.
func Mistakes(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, Mistakes(one)...)
	}
	return all
}

// Registry is a fixed set of factories by name.
type Registry struct {
	byName map[string]Factory
}

// NewRegistry returns a registry of the factories; an error when two share a name or one is incomplete.
func NewRegistry(factories ...Factory) (*Registry, error) {
	r := &Registry{byName: make(map[string]Factory, len(factories))}
	for _, f := range factories {
		if f.Name == "" || f.Options == nil || f.New == nil {
			return nil, fmt.Errorf("adapter %q: Name, Options and New must be set", f.Name)
		}
		if _, taken := r.byName[f.Name]; taken {
			return nil, fmt.Errorf("adapter %q: the name is taken twice", f.Name)
		}
		r.byName[f.Name] = f
	}
	return r, nil
}

// Get returns the factory of that name.
func (r *Registry) Get(name string) (Factory, bool) {
	f, ok := r.byName[name]
	return f, ok
}

// Names returns the names in order.
func (r *Registry) Names() []string {
	names := make([]string, 0, len(r.byName))
	for name := range r.byName {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
