package labelbox

import (
	"fmt"
	"maps"
	"slices"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// remark says what a label loses or how it changes on its way to pre-labels. It is said when the frame is first looked at,
// so that a preview shows it.
func (p *plan) remark(s *export.Subject, a adapter.Annotation) error {
	switch g := a.Geometry.(type) {
	case export.Polygons:
		if len(g.Rings) > 1 {
			return p.note(s, a.Label, "sent as %d polygons: the vendor's have one outline each", len(g.Rings))
		}
	case export.Keypoints:
		text := fmt.Sprintf("sent as %d points: the vendor has no keypoints that belong together", len(g.Points))
		if g.Box != nil || len(g.Rings) > 0 {
			text += "; their box or outline is left out"
		}
		return p.note(s, a.Label, "%s", text)
	case export.Mask:
		return p.note(s, a.Label, "sent as a mask for each colour of mask_colors (%d); other colours are left out", len(p.options.MaskColors))
	case export.Classification:
		return p.remarkAnswers(s, a.Label, g)
	}
	return nil
}

func (p *plan) remarkAnswers(s *export.Subject, l *export.Label, c export.Classification) error {
	if p.options.Question == "" {
		return p.refuseLabel(s, l, "no classification to answer; set the option question")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Secondary)) {
		text := ""
		switch kind := p.options.Answers[name]; {
		case kind == "":
			text = fmt.Sprintf("attribute %q is left out: it is not in answers", name)
		case answerOf(kind, c.Secondary[name]) == nil:
			text = fmt.Sprintf("attribute %q is left out: its value is no %s answer", name, kind)
		}
		if text == "" {
			continue
		}
		if err := p.note(s, l, "%s", text); err != nil {
			return err
		}
	}
	return nil
}

// refuseLabel refuses a label of a frame that is sent.
func (p *plan) refuseLabel(s *export.Subject, l *export.Label, reason string) error {
	at := elementOf(s, l)
	return p.out.Refuse(adapter.Refusal{Index: at.Index, ElementID: at.ID, Item: export.ItemID(l.ID), Reason: reason})
}

func (p *plan) note(s *export.Subject, l *export.Label, format string, args ...any) error {
	at := elementOf(s, l)
	return p.out.Note(adapter.Note{Index: at.Index, ElementID: at.ID, Item: export.ItemID(l.ID), Text: fmt.Sprintf(format, args...)})
}

// elementOf is the element that exported a label.
func elementOf(s *export.Subject, l *export.Label) export.ElementRef {
	for i := range s.Labels {
		if &s.Labels[i] == l {
			return s.ElementOf(i)
		}
	}
	return s.Elements[0]
}
