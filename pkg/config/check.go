package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// checker finds the mistakes that the types alone do not show. It says nothing of a value that is already wrong.
type checker struct {
	*decoder
	config   *Config
	adapters *adapter.Registry
}

func (c *checker) all() {
	c.server()
	c.store()
	for _, name := range slices.Sorted(maps.Keys(c.config.Sources)) {
		c.source(join("sources", name), name)
	}
	for _, name := range slices.Sorted(maps.Keys(c.config.Destinations)) {
		c.destination(join("destinations", name), name)
	}
	c.routes()
	c.makeAdapters()
}

// wrong reports a mistake in the value at a path, unless one is known there.
func (c *checker) wrong(path, format string, args ...any) {
	if !c.isWrong(path) {
		c.fail(c.nearest(path), path, format, args...)
	}
}

// isWrong reports whether the value at a path, or anything inside it, has a mistake already.
func (c *checker) isWrong(path string) bool {
	for _, e := range c.errs {
		rest, found := strings.CutPrefix(e.Path, path)
		if found && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}

// nearest returns the node at a path, or that of the nearest thing around it that is in the file.
func (c *checker) nearest(path string) *yaml.Node {
	for path != "" {
		if n := c.nodes[path]; n != nil {
			return n
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return c.nodes[""]
}

// namePattern is what sources, destinations and routes are called: it stands in URLs, metrics and on command lines.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

func (c *checker) name(path, value string) {
	if value != "" && !namePattern.MatchString(value) {
		c.wrong(path, "a name is up to 64 letters, digits, '-', '_' and '.', and begins with a letter or digit")
	}
}

func (c *checker) source(path, key string) {
	c.name(path, key)
	s := c.config.Sources[key]
	for i, secret := range s.Secrets {
		if strings.TrimSpace(string(secret)) == "" {
			c.wrong(fmt.Sprintf("%s.secrets[%d]", path, i), "the secret is empty: anybody could send it")
		}
	}
	switch {
	case len(s.Secrets) == 0 && !s.Insecure:
		c.wrong(path+".secrets", "required; to take events from anyone, say insecure: true")
	case len(s.Secrets) > 0 && s.Insecure:
		c.wrong(path+".insecure", "there are secrets as well; leave out one or the other")
	}
}

func (c *checker) routes() {
	names, paths := map[string]int{}, map[string]int{}
	for i, r := range c.config.Routes {
		at := fmt.Sprintf("routes[%d]", i)
		c.name(at+".name", r.Name)
		c.routePath(at+".path", r.Path)
		c.unique(names, r.Name, at+".name", i)
		c.unique(paths, r.Path, at+".path", i)
		c.known(at+".source", r.Source, "sources", slices.Sorted(maps.Keys(c.config.Sources)))
		c.known(at+".destination", r.Destination, "destinations", slices.Sorted(maps.Keys(c.config.Destinations)))
		c.events(at+".events", r.Events)
	}
}

func (c *checker) unique(seen map[string]int, value, path string, index int) {
	if value == "" {
		return
	}
	if first, taken := seen[value]; taken {
		c.wrong(path, "routes[%d] has the same; each route needs its own", first)
		return
	}
	seen[value] = index
}

// known checks that a name is one of the names of a section.
func (c *checker) known(path, value, section string, names []string) {
	if value != "" && !slices.Contains(names, value) {
		c.wrong(path, "%s is not in %s%s", shown(c.nearest(path)), section, choices(value, names))
	}
}

func (c *checker) events(path string, events []string) {
	if len(events) == 0 {
		c.wrong(path, "must not be empty: the route would take nothing")
	}
	for i, event := range events {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case event == "":
			c.wrong(at, "must not be empty")
		case slices.Contains(events[:i], event):
			c.wrong(at, "given twice")
		}
	}
}

// reserved are the server's own paths.
var reserved = []string{"/healthz", "/readyz", "/metrics", "/api", "/ui"} //nolint:gochecknoglobals // a constant list

// plainPath holds no character that a router or a URL gives a meaning to.
var plainPath = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)+$`)

func (c *checker) routePath(path, value string) {
	switch {
	case value == "" || value == "/":
		return
	case value[0] != '/':
		c.wrong(path, "must begin with /")
		return
	case !plainPath.MatchString(value) || strings.Contains(value+"/", "/./") || strings.Contains(value+"/", "/../"):
		c.wrong(path, "must be words of letters, digits, '.', '_', '~' and '-' with one / before each, such as /webhook")
		return
	}
	for _, own := range reserved {
		if value == own || strings.HasPrefix(value, own+"/") {
			c.wrong(path, "%s is the server's own; choose another path", own)
		}
	}
}
