package mapping

import (
	"errors"
	"fmt"
	"strings"

	"github.com/itchyny/gojq"

	"github.com/labelgate/labelgate/pkg/export"
)

// Item is the expression that makes the vendor's form of one label, frame or element.
type Item struct {
	each    Each
	fields  []field
	program *program
	native  native
	reads   *reads
	needs   export.Fields
	require []path
}

// path is one that an item needs, found once: its first field and the names below it.
type path struct {
	text  string
	field field
	rest  []string
}

// RequireError is a mistake in the list of required paths, not in the expression.
type RequireError struct{ Err error }

// Error returns the mistake.
func (e *RequireError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *RequireError) Unwrap() error { return e.Err }

// NewItem compiles an item expression, which can use $event and $key. require are the paths without which an item is
// refused; nil for those that the expression reads plainly, an empty list for none. A mistake in them is a *RequireError.
func NewItem(each Each, src string, require []string) (*Item, error) {
	fields, err := each.fields()
	if err != nil {
		return nil, err
	}
	p, err := compile(src, "$event", "$key")
	if err != nil {
		return nil, err
	}
	it := &Item{each: each, fields: fields, program: p, native: nativeOf(p.query, fields), reads: analyse(p.query)}
	if err := checkNames("a "+each.one(), fields, it.reads); err != nil {
		return nil, err
	}
	if err := checkEvent(p.query); err != nil {
		return nil, err
	}
	if err := it.setRequired(require); err != nil {
		return nil, err
	}
	it.needs = needs(fields, it.reads)
	if each == EachLabels {
		it.needs |= export.FieldLabels
	}
	return it, nil
}

// Fields are the parts of an element that the expression needs decoded.
func (it *Item) Fields() export.Fields { return it.needs }

// Required are the paths without which an item is refused.
func (it *Item) Required() []string {
	paths := make([]string, len(it.require))
	for i, p := range it.require {
		paths[i] = "." + p.text
	}
	return paths
}

func (it *Item) setRequired(require []string) error {
	if require == nil {
		for _, names := range it.reads.musts() {
			it.addRequired(names)
		}
		return nil
	}
	for i, src := range require {
		names, err := parsePath(src)
		if err == nil {
			err = checkNames("a "+it.each.one(), it.fields, treeOf(names))
		}
		if err != nil {
			return &RequireError{fmt.Errorf("entry %d: %w", i+1, err)}
		}
		node := it.reads
		for _, name := range names {
			node = node.child(name)
		}
		node.whole = true
		it.addRequired(names)
	}
	return nil
}

func (it *Item) addRequired(names []string) {
	text := strings.Join(names, ".")
	if f, ok := descend(&names, it.fields); ok {
		it.require = append(it.require, path{text: text, field: f, rest: names})
	}
}

// missing says what the item lacks; "" when it has all.
func (it *Item) missing(s *scope) string {
	for i := range it.require {
		p := &it.require[i]
		if p.there(s, it.reads) {
			continue
		}
		if p.field.framed && s.el.Frame == nil {
			return "no frame_data"
		}
		return "no " + p.reason(it.each)
	}
	return ""
}

func (p *path) there(s *scope, n *reads) bool {
	if p.field.text != nil {
		return p.field.text(s) != ""
	}
	v := p.field.get(s, n)
	for _, name := range p.rest {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v != nil && v != ""
}

// reason is the path in the words of the source.
func (p *path) reason(each Each) string {
	if p.text != "id" {
		return p.text
	}
	return map[Each]string{EachLabels: "label uuid", EachFrames: "frame_id", EachElements: "element_id"}[each]
}

var errNull = errors.New("the expression gives null")

// appendTo appends the item's outputs, with commas between. It appends nothing when the expression gives nothing.
func (it *Item) appendTo(dst []byte, s *scope, event *eventDoc) ([]byte, error) {
	start := len(dst)
	if it.native != nil {
		out, ok := it.native(dst, s)
		if ok && string(out[start:]) == "null" {
			return dst, errNull
		}
		if ok {
			return out, nil
		}
	}
	err := it.program.run(build(it.fields, s, it.reads), []any{event.get(s), s.key}, func(v any) error {
		if v == nil {
			return errNull
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = appendJSON(dst, v)
		return nil
	})
	return dst, err
}

// eventDoc is the event's document, made when first needed.
type eventDoc struct{ doc map[string]any }

func (e *eventDoc) get(s *scope) map[string]any {
	if e.doc == nil {
		e.doc = build(eventFields, s, wholeReads)
	}
	return e.doc
}

// checkEvent refuses names that $event never has.
func checkEvent(q *gojq.Query) error {
	var err error
	visit(q, func(t *gojq.Term) {
		if t.Func == nil || t.Func.Name != "$event" || err != nil {
			return
		}
		if names, ok := leadingNames(t.SuffixList); ok {
			err = checkNames("$event", eventFields, treeOf(names))
		}
	})
	return err
}

func leadingNames(suffixes []*gojq.Suffix) ([]string, bool) {
	var names []string
	for _, s := range suffixes {
		if s.Index == nil || s.Index.Name == "" {
			break
		}
		names = append(names, s.Index.Name)
	}
	return names, len(names) > 0
}

// parsePath reads a plain path such as .metadata.user__batch.
func parsePath(src string) ([]string, error) {
	q, err := gojq.Parse(src)
	if err != nil {
		return nil, syntaxError(src, err)
	}
	if q.Term != nil && q.Term.Type == gojq.TermTypeIndex {
		if names, ok := plainNames(q.Term); ok {
			return names, nil
		}
	}
	return nil, fmt.Errorf("%q is not a path; write it as .image_url", src)
}

func treeOf(names []string) *reads {
	tree := &reads{}
	leaf := tree
	for _, name := range names {
		leaf = leaf.child(name)
	}
	leaf.whole = true
	return tree
}
