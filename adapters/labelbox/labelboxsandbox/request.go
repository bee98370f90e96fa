package labelboxsandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
)

// request is a GraphQL request.
type request struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
}

// readRequest reads a JSON request, or a multipart one as the GraphQL multipart request specification says:
// github.com/jaydenseric/graphql-multipart-request-spec.
func readRequest(r *http.Request) (request, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return request{}, fmt.Errorf("Content-Type: %w", err)
	case kind == "application/json":
		return decodeRequest(r.Body)
	case kind == "multipart/form-data":
		return readMultipart(multipart.NewReader(r.Body, params["boundary"]))
	default:
		return request{}, fmt.Errorf("Content-Type %q is not taken", kind)
	}
}

func decodeRequest(from io.Reader) (request, error) {
	var q request
	decoder := json.NewDecoder(from)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&q); err != nil {
		return q, fmt.Errorf("body: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return q, errors.New("body: something follows the JSON object")
	}
	if q.Query == "" {
		return q, errors.New("body: must provide query string")
	}
	return q, nil
}

// upload is a file that came in a part of its own; the value of an Upload variable.
type upload struct {
	name, contentType string
	content           []byte
}

// readMultipart reads the parts operations, map and files, in this order.
func readMultipart(parts *multipart.Reader) (request, error) {
	var q request
	operations, err := partNamed(parts, "operations")
	if err != nil {
		return q, err
	}
	if q, err = decodeRequest(strings.NewReader(string(operations.content))); err != nil {
		return q, fmt.Errorf("part operations: %w", err)
	}
	mapping, err := partNamed(parts, "map")
	if err != nil {
		return q, err
	}
	var paths map[string][]string
	if err := json.Unmarshal(mapping.content, &paths); err != nil {
		return q, fmt.Errorf("part map: %w", err)
	}
	return q, readFiles(parts, paths, q.Variables)
}

// readFiles reads every file that the map names and puts it into the variables.
func readFiles(parts *multipart.Reader, paths map[string][]string, variables map[string]any) error {
	for {
		part, name, err := nextPart(parts)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		targets, mapped := paths[name]
		if !mapped {
			return fmt.Errorf("part %q: it is not in the map, or comes a second time", name)
		}
		delete(paths, name)
		for _, target := range targets {
			if err := place(variables, target, part); err != nil {
				return err
			}
		}
	}
	for name := range paths {
		return fmt.Errorf("part %q: it is in the map and does not come", name)
	}
	return nil
}

// place puts a file in the place of a null variable.
func place(variables map[string]any, target string, file upload) error {
	name, top := strings.CutPrefix(target, "variables.")
	value, there := variables[name]
	if !top || !there || value != nil {
		return fmt.Errorf("part map: %q is no variable that is null", target)
	}
	variables[name] = file
	return nil
}

func partNamed(parts *multipart.Reader, want string) (upload, error) {
	part, name, err := nextPart(parts)
	if err != nil {
		return upload{}, fmt.Errorf("part %s: %w", want, err)
	}
	if name != want {
		return upload{}, fmt.Errorf("part %q: %s is wanted in this place", name, want)
	}
	return part, nil
}

// nextPart reads one part whole. The error is io.EOF after the last.
func nextPart(parts *multipart.Reader) (upload, string, error) {
	part, err := parts.NextPart()
	if err != nil {
		return upload{}, "", err
	}
	content, err := io.ReadAll(part)
	if err != nil {
		return upload{}, "", err
	}
	return upload{part.FileName(), part.Header.Get("Content-Type"), content}, part.FormName(), nil
}
