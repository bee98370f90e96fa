package aquarium

import (
	"bufio"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/source"
)

// Scan reads the whole body once and returns its envelope; see source.Source. The content of the elements is checked for
// its syntax only. Bodies over the limits of this package are an error that states the limit.
func (s *Source) Scan(body io.Reader, accepts func(event string) bool) (*export.Event, error) {
	scan := s.scanners.Get().(*scanner)
	defer s.release(scan)
	scan.reset(body)
	if err := scan.body(); err != nil {
		return nil, scan.explain(err)
	}
	return scan.envelope.event(accepts)
}

// release keeps a scanner for the next body, unless a large value has made its buffer large.
func (s *Source) release(scan *scanner) {
	scan.reset(nil)
	if cap(scan.decoder.UnreadBuffer()) <= readSize {
		s.scanners.Put(scan)
	}
}

// scanner reads one body.
type scanner struct {
	decoder  jsontext.Decoder
	guard    guard
	buffer   *bufio.Reader
	envelope envelope
	inside   int64 // bytes of the element list
	tokens   int
}

func newScanner() *scanner { return &scanner{buffer: bufio.NewReaderSize(nil, readSize)} }

func (s *scanner) reset(body io.Reader) {
	s.buffer.Reset(body)
	s.guard = guard{body: s.buffer}
	s.decoder.Reset(&s.guard)
	s.envelope, s.inside, s.tokens = envelope{}, 0, 0
}

// body reads all of the body.
func (s *scanner) body() error {
	s.guard.bound(0, MaxEnvelope, errEnvelopeSize)
	if kind := s.decoder.PeekKind(); kind != '{' {
		return s.notAnObject(kind)
	}
	s.envelope.fields = make(fields, 4)
	if err := s.object(s.envelope.fields, "issue", '{', s.issue); err != nil {
		return err
	}
	return s.end()
}

// issue reads the issue, but for what its elements hold.
func (s *scanner) issue() error {
	s.envelope.issue = make(fields, 4)
	return s.object(s.envelope.issue, "elements", '[', s.elements)
}

// elements reads the list of elements.
func (s *scanner) elements() error {
	if _, err := s.token(); err != nil { // the opening bracket
		return err
	}
	start := s.decoder.InputOffset()
	s.envelope.listed = true
	for {
		s.guard.bound(s.decoder.InputOffset(), MaxElement, errElementSize)
		if s.decoder.PeekKind() == ']' {
			break
		}
		if err := s.element(); err != nil {
			return err
		}
		s.envelope.elements++
	}
	s.inside = s.decoder.InputOffset() - start
	s.guard.bound(s.inside, MaxEnvelope, errEnvelopeSize)
	_, err := s.token()
	return err
}

func (s *scanner) element() error {
	read := s.skip
	if !s.envelope.first.complete() && s.decoder.PeekKind() == '{' {
		read = s.namesOfElement
	}
	if err := read(); err != nil {
		return err
	}
	return s.guard.check(s.decoder.InputOffset())
}

// namesOfElement reads an element and notes the names that the issue may lack.
func (s *scanner) namesOfElement() error {
	return s.members(func(field string) error {
		name := s.envelope.first.named(field)
		if name == nil || *name != "" || s.decoder.PeekKind() != '"' {
			return s.skip()
		}
		token, err := s.token()
		if err != nil {
			return err
		}
		*name = token.String()
		return nil
	})
}

// skip reads the next value and keeps nothing of it.
func (s *scanner) skip() error {
	for depth := s.decoder.StackDepth(); ; {
		if _, err := s.token(); err != nil {
			return err
		}
		if s.decoder.StackDepth() <= depth {
			return nil
		}
	}
}

// token reads the next token.
func (s *scanner) token() (jsontext.Token, error) {
	s.tokens++
	if s.tokens%1024 == 0 { // often enough to bound memory, seldom enough to cost nothing
		if err := s.checkNames(); err != nil {
			return jsontext.Token{}, err
		}
	}
	return s.decoder.ReadToken()
}

// checkNames refuses objects with so many names that remembering them takes much memory.
func (s *scanner) checkNames() error {
	var members int64
	for level := 1; level <= s.decoder.StackDepth(); level++ {
		if kind, length := s.decoder.StackIndex(level); kind == '{' {
			members += length / 2
		}
	}
	if members > MaxNames {
		return tooManyNames(s.decoder.StackPointer().Parent())
	}
	return nil
}

// end makes sure that nothing follows the body's object.
func (s *scanner) end() error {
	_, err := s.token()
	switch {
	case err == nil:
		return secondValue(s.decoder.InputOffset())
	case errors.Is(err, io.EOF) && s.guard.failed() == nil:
		return nil
	default:
		return err
	}
}

func (s *scanner) notAnObject(kind jsontext.Kind) error {
	if kind != jsontext.KindInvalid {
		return formatError("the body must be an object, got " + kindName(kind))
	}
	_, err := s.token()
	if errors.Is(err, io.EOF) {
		return errEmpty
	}
	return err
}

// explain turns a decoder's error into the answer that the sender gets, or into the body's own error.
func (s *scanner) explain(err error) error {
	var told *source.Error
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, errElementSize):
		return elementSize(s.envelope.elements)
	case errors.As(err, &told):
		return told
	case s.guard.failed() != nil:
		return s.guard.failed()
	case errors.As(err, &syntax):
		return syntaxError(syntax)
	default:
		return err
	}
}
