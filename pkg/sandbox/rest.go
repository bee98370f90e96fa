package sandbox

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"
)

// batch takes {"name", "project", "frames": [{"id", "url"}, ...]} and creates a batch.
func (s *Server) batch(rec *recorder) reply {
	b, err := readBatch(rec)
	rec.drain()
	if err != nil {
		return reply{status: http.StatusBadRequest, body: map[string]string{"error": err.Error()}}
	}
	digest := [32]byte(rec.sum.Sum(nil))
	return s.ledger.once(rec, digest, func() reply {
		created := s.ledger.addBatch(b, digest)
		rec.effect = fmt.Sprintf("created %s %q of project %q with %d frames", created.ID, created.Name, created.Project, created.Frames)
		return reply{status: http.StatusCreated, body: created}
	})
}

// readBatch reads a batch as it streams in; frames are checked one by one and counted.
func readBatch(body io.Reader) (b Batch, err error) {
	dec := jsontext.NewDecoder(body)
	err = readObject(dec, "", func(name string) error {
		switch name {
		case "name":
			b.Name, err = readText(dec, "name")
		case "project":
			b.Project, err = readText(dec, "project")
		case "frames":
			b.Frames, err = readFrames(dec)
		default:
			err = fmt.Errorf("%s: unknown field", name)
		}
		return err
	})
	if err == nil {
		_, err = dec.ReadToken()
		err = wantEOF(err)
	}
	switch {
	case err != nil:
		return b, err
	case b.Name == "":
		return b, errors.New("name: must not be empty")
	case b.Project == "":
		return b, errors.New("project: must not be empty")
	case b.Frames == 0:
		return b, errors.New("frames: must not be empty")
	}
	return b, nil
}

func wantEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return errors.New("body: one JSON object is expected and nothing after it")
}

func readFrames(dec *jsontext.Decoder) (n int, err error) {
	err = readArray(dec, "frames", func(i int) error {
		n = i + 1
		seen := map[string]bool{}
		where := fmt.Sprintf("frames[%d]", i)
		err := readObject(dec, where, func(name string) error {
			seen[name] = true
			text, err := readText(dec, where+"."+name)
			if err == nil && text == "" {
				return fmt.Errorf("%s.%s: must not be empty", where, name)
			}
			return err
		})
		for _, name := range []string{"id", "url"} {
			if err == nil && !seen[name] {
				err = fmt.Errorf("%s.%s: is missing", where, name)
			}
		}
		return err
	})
	return n, err
}

// readObject calls each for every member; it must read the member's value.
func readObject(dec *jsontext.Decoder, where string, each func(name string) error) error {
	if err := readKind(dec, where, '{', "an object"); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		token, err := dec.ReadToken()
		if err != nil {
			return notJSON(err)
		}
		if err := each(token.String()); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return notJSON(err)
}

// readArray calls each for every element; it must read the element.
func readArray(dec *jsontext.Decoder, where string, each func(i int) error) error {
	if err := readKind(dec, where, '[', "a list"); err != nil {
		return err
	}
	for i := 0; dec.PeekKind() != ']'; i++ {
		if err := each(i); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return notJSON(err)
}

func readText(dec *jsontext.Decoder, where string) (string, error) {
	token, err := dec.ReadToken()
	if err != nil {
		return "", notJSON(err)
	}
	if token.Kind() != '"' {
		return "", fmt.Errorf("%s: must be text", where)
	}
	return token.String(), nil
}

func readKind(dec *jsontext.Decoder, where string, kind jsontext.Kind, want string) error {
	token, err := dec.ReadToken()
	if err != nil {
		return notJSON(err)
	}
	if token.Kind() != kind {
		return fmt.Errorf("%s: must be %s", where, want)
	}
	return nil
}

func notJSON(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("body: not JSON: %w", err)
}
