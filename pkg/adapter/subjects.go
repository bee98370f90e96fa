package adapter

import (
	"github.com/labelgate/labelgate/pkg/export"
)

// EachSubject calls take for each frame of the issue, once, with the fields asked for. Elements that are broken or have no
// frame id are refused. The subject is valid until take returns. An error of take ends the iteration and is returned.
func EachSubject(in Input, out Output, fields export.Fields, take func(*export.Subject) error) error {
	for s, err := range export.Subjects(in.Elements, fields) {
		if err != nil {
			return err
		}
		if s.Lack != "" {
			err = out.Refuse(Refusal{Index: s.Elements[0].Index, ElementID: s.Elements[0].ID, Reason: s.Lack})
		} else {
			err = take(s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// RefuseSubject refuses a frame as an item, by its first element.
func RefuseSubject(out Output, s *export.Subject, reason string) error {
	at := s.Elements[0]
	return out.Refuse(Refusal{Index: at.Index, ElementID: at.ID, Item: s.Item(), Reason: reason})
}

// refuseLabel refuses one label of a frame that is sent.
func refuseLabel(s *export.Subject, i int, reason string) Refusal {
	at := s.ElementOf(i)
	return Refusal{Index: at.Index, ElementID: at.ID, Item: export.ItemID(s.Labels[i].ID), Reason: reason}
}

func noteLabel(s *export.Subject, i int, text string) Note {
	at := s.ElementOf(i)
	return Note{Index: at.Index, ElementID: at.ID, Item: export.ItemID(s.Labels[i].ID), Text: text}
}
