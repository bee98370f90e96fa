package transport

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// base is a destination's URL, taken apart once.
type base struct {
	whole string // what a call without a path is sent to
	front string // scheme, host and path
	query string
	host  string
	// secure says that it is https.
	secure bool
}

// parseBase checks a destination's URL. Its errors never quote the URL: people put keys into it.
func parseBase(raw string) (base, error) {
	u, err := url.Parse(raw)
	if err != nil {
		var detail *url.Error
		if errors.As(err, &detail) {
			err = detail.Err
		}
		return base{}, fmt.Errorf("url: %w", err)
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return base{}, errors.New("url: must begin with http:// or https://")
	case u.Host == "":
		return base{}, errors.New("url: has no host")
	case u.User != nil:
		return base{}, errors.New("url: holds a user or password; set them as api_key or in headers")
	case u.Fragment != "":
		return base{}, errors.New("url: holds a fragment (#), which is never sent; remove it")
	}
	b := base{whole: u.String(), query: u.RawQuery, host: u.Host, secure: u.Scheme == "https"}
	u.RawQuery, u.ForceQuery = "", false
	b.front = u.String()
	return b, nil
}

// join returns the URL of a call. The path is appended below the base and can never leave it.
func (b base) join(path string) (string, error) {
	if path == "" {
		return b.whole, nil
	}
	path, query, _ := strings.Cut(path, "?")
	if err := checkPath(path); err != nil {
		return "", err
	}
	front := b.front
	if path != "" {
		front = strings.TrimSuffix(front, "/") + "/" + strings.TrimPrefix(path, "/")
	}
	if query = joinQuery(b.query, query); query != "" {
		front += "?" + query
	}
	u, err := url.Parse(escape(front))
	if err != nil {
		return "", errors.New("path: is not a valid URL path; escape what is put into it")
	}
	if u.Fragment != "" {
		return "", errors.New("path: holds a fragment (#), which is never sent; escape it as %23")
	}
	return u.String(), nil
}

// checkPath refuses paths that name a host or climb out of the destination's URL: parts of them may come from an event.
func checkPath(path string) error {
	plain, err := url.PathUnescape(path)
	if err != nil {
		return errors.New("path: holds a broken % escape")
	}
	if strings.HasPrefix(plain, "//") || strings.Contains(plain, "://") || strings.Contains(plain, `\`) {
		return errors.New("path: holds a host; it is appended to the destination's url")
	}
	if slices.ContainsFunc(strings.Split(plain, "/"), isDots) {
		return errors.New("path: holds a . or .. segment, which would leave the destination's url")
	}
	return nil
}

// escape escapes what may not stand in a URL and leaves escapes alone. net/url would escape a path with a space or an é
// anew as a whole, and %2F would become a slash.
func escape(s string) string {
	if !strings.ContainsFunc(s, mustEscape) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if mustEscape(r) {
			b.WriteString(url.PathEscape(string(r)))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func mustEscape(r rune) bool { return r >= 0x80 || strings.ContainsRune(" \"<>^`{|}", r) }

func isDots(segment string) bool { return segment == "." || segment == ".." }

func joinQuery(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "&" + b
}
