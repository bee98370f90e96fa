package mapping

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/itchyny/gojq"

	"github.com/labelgate/labelgate/pkg/export"
)

// Text is an expression or plain text that becomes one text a call: a path, a header.
type Text struct {
	plain   string
	program *program
}

// NewText compiles a text. Where src holds "\(" it is the inside of a jq string, such as
// projects/\($event.project|@uri)/batches, and can use $event, $key and $batch; any other is taken as it stands.
func NewText(src string) (*Text, error) {
	if !strings.Contains(src, `\(`) {
		return &Text{plain: src}, nil
	}
	p, err := compile(`"`+src+`"`, "$event", "$key", "$batch")
	if err != nil {
		return nil, err
	}
	if err := checkEvent(p.query); err != nil {
		return nil, err
	}
	return &Text{program: p}, nil
}

// Render returns the text for the batch-th call, from 1, of the delivery key.
func (t *Text) Render(event *export.Event, key string, batch int) (string, error) {
	if t.program == nil {
		return t.plain, nil
	}
	s := &scope{event: event, key: key, batch: batch}
	v, err := t.program.one(nil, []any{build(eventFields, s, wholeReads), key, batch})
	if err != nil {
		return "", err
	}
	text, ok := v.(string)
	if !ok {
		return "", fmt.Errorf("gives %s; a text is needed", gojq.TypeOf(v))
	}
	return text, nil
}

// Picker takes values out of a vendor's answer.
type Picker struct{ program *program }

// NewPicker compiles an expression whose input is the answer's JSON.
func NewPicker(src string) (*Picker, error) {
	p, err := compile(src)
	if err != nil {
		return nil, err
	}
	return &Picker{p}, nil
}

// NewPickers compiles expressions by name, as NewPicker does. Where there are mistakes it returns all of them, by name.
func NewPickers(keep map[string]string) (map[string]*Picker, []Mistake) {
	pickers := make(map[string]*Picker, len(keep))
	var mistakes []Mistake
	for _, name := range slices.Sorted(maps.Keys(keep)) {
		p, err := NewPicker(keep[name])
		if err != nil {
			mistakes = append(mistakes, Mistake{"keep." + name, err})
			continue
		}
		pickers[name] = p
	}
	return pickers, mistakes
}

// PickAll returns what each picker finds in the answer, by name; nil when none finds anything. The answer is read once.
func PickAll(pickers map[string]*Picker, answer []byte) map[string]string {
	if len(pickers) == 0 {
		return nil
	}
	v, ok := decode(answer)
	if !ok {
		return nil
	}
	var kept map[string]string
	for name, p := range pickers {
		if text := p.pick(v); text != "" {
			if kept == nil {
				kept = make(map[string]string, len(pickers))
			}
			kept[name] = text
		}
	}
	return kept
}

// pick returns the first value as text: a string as it is, others as JSON. It returns "" when there is none, when the
// value is null, and when the answer is of another shape: an answer is never a failure because of it.
func (p *Picker) pick(v any) string {
	picked := ""
	_ = p.program.run(v, nil, func(v any) error {
		if text, isText := v.(string); isText {
			picked = text
		} else if v != nil {
			picked = string(appendJSON(nil, v))
		}
		return errPicked
	})
	return picked
}

var errPicked = errors.New("picked")

// decode reads one JSON value, numbers as they came.
func decode(data []byte) (any, bool) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	return v, d.Decode(&v) == nil
}
