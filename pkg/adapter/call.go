package adapter

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/labelgate/labelgate/pkg/export"
)

// JSONBody returns a body with a value's JSON, without HTML escapes and without a line break at its end.
func JSONBody(out Output, value any) (*Body, error) {
	body := out.NewBody()
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return nil, fmt.Errorf("request body: %w", err)
	}
	_, err := body.Write(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
	return body, err
}

// RESTCall returns a REST call with a value's JSON as its body; a nil value is no body.
func RESTCall(out Output, method, path string, value any) (Call, error) {
	c := Call{Method: method, Path: path}
	if value == nil {
		return c, nil
	}
	var err error
	c.Body, err = JSONBody(out, value)
	return c, err
}

// GraphQLCall returns a GraphQL call with a value's JSON, an object, as its variables.
func GraphQLCall(out Output, path, document string, variables any) (Call, error) {
	c := Call{Path: path, Document: document}
	if variables == nil {
		return c, nil
	}
	var err error
	c.Body, err = JSONBody(out, variables)
	return c, err
}

// ReadGraphQL reads a GraphQL answer that came to a call which was sent as REST, such as a multipart upload, into the
// answer's Data and Errors. An answer that is no GraphQL is returned as it is.
func ReadGraphQL(resp Response) Response {
	var whole struct {
		Data   json.RawMessage `json:"data"`
		Errors []struct {
			Message    string                     `json:"message"`
			Extensions map[string]json.RawMessage `json:"extensions"`
			Path       []any                      `json:"path"`
		} `json:"errors"`
	}
	if json.Unmarshal(resp.Body, &whole) != nil {
		return resp
	}
	if string(whole.Data) != "null" {
		resp.Data = whole.Data
	}
	for _, e := range whole.Errors {
		one := GraphQLError{Message: e.Message}
		_ = json.Unmarshal(e.Extensions["code"], &one.Code) // absent, or no text: no code
		parts := make([]string, len(e.Path))
		for i, part := range e.Path {
			parts[i] = fmt.Sprint(part)
		}
		one.Path = strings.Join(parts, ".")
		resp.Errors = append(resp.Errors, one)
	}
	return resp
}

// StepID names a step that there may be several of: StepID("relabel", 3) is "relabel/0003".
func StepID(name string, number int) string { return fmt.Sprintf("%s/%04d", name, number) }

// ItemKey is the vendor's name of a new item: the same for every try, different for every other item and delivery. It is
// "<delivery key>-<item>" where that holds letters, digits, '.', '_' and '-' alone and is at most limit bytes long, else
// "<delivery key>-" and 32 hexadecimal digits. limit must be at least 65.
func ItemKey(delivery string, item export.ItemID, limit int) string {
	key := delivery + "-" + string(item)
	if len(key) <= limit && !strings.ContainsFunc(string(item), unsafe) {
		return key
	}
	sum := sha256.Sum256([]byte(item))
	return delivery + "-" + hex.EncodeToString(sum[:16])
}

func unsafe(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '_' && r != '-'
}

// UUID returns a UUID (version 5) made from the parts: equal parts give equal UUIDs, in every delivery.
func UUID(parts ...string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(strings.Join(parts, "\x00"))).String()
}

// uuidForm is the only form that vendors write UUIDs in.
var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// IsUUID reports whether a text is a UUID in its usual form: 36 letters, hexadecimal digits and dashes.
func IsUUID(text string) bool { return uuidForm.MatchString(text) }

// Chunks gathers values and hands them over in chunks of at most Size.
type Chunks[T any] struct {
	// Size bounds a chunk; 0 is no bound.
	Size int
	// Weigh and Most bound a chunk's weight as well, such as its bytes; nil is no bound. A value that is heavier than Most is
	// a chunk of its own.
	Weigh func(T) int
	Most  int
	// Flush takes a chunk; numbers count from 1. The chunk is its own to keep.
	Flush func(number int, chunk []T) error

	number int
	chunk  []T
	weight int
}

// Add adds a value, and hands a chunk over when it is full.
func (c *Chunks[T]) Add(value T) error {
	if c.Weigh != nil {
		weight := c.Weigh(value)
		if c.weight > 0 && c.weight+weight > c.Most {
			if err := c.Close(); err != nil {
				return err
			}
		}
		c.weight += weight
	}
	c.chunk = append(c.chunk, value)
	if c.Size > 0 && len(c.chunk) >= c.Size {
		return c.Close()
	}
	return nil
}

// Close hands over what is left.
func (c *Chunks[T]) Close() error {
	if len(c.chunk) == 0 {
		return nil
	}
	c.number++
	chunk := c.chunk
	c.chunk, c.weight = nil, 0
	return c.Flush(c.number, chunk)
}

// PriorityNames are the priorities that options can name, for an option's `enum` tag.
const PriorityNames = "low,normal,high"

// Priority returns the vendor's value of a priority's name: low, high, or normal for any other.
func Priority[T any](name string, low, normal, high T) T {
	switch name {
	case "low":
		return low
	case "high":
		return high
	default:
		return normal
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
