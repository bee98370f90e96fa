package export

import (
	"fmt"
	"strings"
)

// IDSource says where in an export a vendor's own id of something is: "label" (the label's uuid), "frame" (the frame's id),
// "element" (the element's id), "task" (the frame's task id), or the name of a metadata field that begins with "user__", of
// the label where it has one of that name, else of the frame.
type IDSource string

// IDSourceDoc is what an option of this kind takes, for its documentation.
const IDSourceDoc = "label, frame, element, task, or a metadata field such as user__vendor_id"

// Check returns an error that names what can be said.
func (s IDSource) Check() error {
	switch s {
	case "label", "frame", "element", "task":
		return nil
	}
	if len(s) > len(userPrefix) && strings.HasPrefix(string(s), userPrefix) {
		return nil
	}
	return fmt.Errorf("%q is not known; use %s", string(s), IDSourceDoc)
}

// Fields are the parts of an element that Of reads.
func (s IDSource) Fields() Fields {
	switch s {
	case "frame", "element":
		return 0
	case "label":
		return FieldLabels
	case "task":
		return FieldFrame
	default:
		return FieldFrame | FieldLabelDetails
	}
}

// Of returns the id of an element and, where it is about one, of its label (else nil); "" when it is not there.
func (s IDSource) Of(el *Element, l *Label) string {
	switch s {
	case "label":
		if l == nil {
			return ""
		}
		return l.ID
	case "frame":
		return el.FrameID
	case "element":
		return el.ID
	case "task":
		if el.Frame == nil {
			return ""
		}
		return el.Frame.TaskID
	}
	if l != nil {
		if id, ok := Text(l.Attributes[string(s)]); ok {
			return id
		}
	}
	if el.Frame == nil {
		return ""
	}
	id, _ := Text(el.Frame.Metadata[string(s)])
	return id
}

// Lack says what is missing when Of returns "": "no task_id".
func (s IDSource) Lack() string {
	switch s {
	case "label":
		return "no label uuid"
	case "frame", "element", "task":
		return "no " + string(s) + "_id"
	default:
		return "no " + string(s)
	}
}
