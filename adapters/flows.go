package adapters

import (
	"fmt"
	"strings"

	"github.com/labelgate/labelgate/adapters/labelbox/labelboxsandbox"
	"github.com/labelgate/labelgate/pkg/sandbox"
)

// Flow is a config with the stand-in vendor that it is tried against.
type Flow struct {
	// Config is a file's name in configs, without ".yaml".
	Config string
	// Vendor is the stand-in.
	Vendor sandbox.Vendor
	// Event is one that the stand-in can do something with; nil where any will do.
	Event []byte
}

// Flows returns a flow for every adapter that has a vendor of its own. A vendor's config has its stand-in's name; a further
// adapter of the same vendor has a line here.
func Flows() []Flow {
	flows := []Flow{{Config: "labelbox-legacy", Vendor: labelboxsandbox.Vendor(), Event: labelsOfTheStart(3)}}
	for _, v := range Sandboxes() {
		flows = append(flows, Flow{Config: v.Name, Vendor: v})
	}
	return flows
}

// labelsOfTheStart is an event of frames whose labels are there from the start.
func labelsOfTheStart(frames int) []byte {
	elements := make([]string, frames)
	for i := range elements {
		elements[i] = fmt.Sprintf(`{"element_id": %[1]q, "element_type": "frame", "frame_id": %[1]q, "frame_data": {"label_data": [{"uuid": %[2]q}]}}`,
			labelboxsandbox.RowKey(i+1), labelboxsandbox.LabelID(i+1))
	}
	return fmt.Appendf(nil, `{"event": "issue-exported", "project": %q, "issue": {"name": "old labels", "dataset": "d", "elements": [%s]}}`,
		labelboxsandbox.ProjectID, strings.Join(elements, ", "))
}
