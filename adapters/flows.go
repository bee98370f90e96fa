package adapters

import (
	"fmt"
	"strings"

	"github.com/labelgate/labelgate/adapters/cvat/cvatsandbox"
	"github.com/labelgate/labelgate/adapters/encord/encordsandbox"
	"github.com/labelgate/labelgate/adapters/kili/kilisandbox"
	"github.com/labelgate/labelgate/adapters/labelbox/labelboxsandbox"
	"github.com/labelgate/labelgate/adapters/labelstudio/labelstudiosandbox"
	"github.com/labelgate/labelgate/adapters/scale/scalesandbox"
	"github.com/labelgate/labelgate/adapters/segments/segmentssandbox"
	"github.com/labelgate/labelgate/adapters/supervisely/superviselysandbox"
	"github.com/labelgate/labelgate/pkg/sandbox"
)

// Flow is something that an adapter does, with the stand-in vendor that it is tried against.
type Flow struct {
	// Name tells it from others.
	Name string
	// Config is a file's name in configs, without ".yaml"; Options stand in the place of its destination's where they are not empty.
	Config, Options string
	// Vendor is the stand-in.
	Vendor sandbox.Vendor
	// Event is one that the stand-in can do something with; nil where any will do. Sample names one of the sample events instead.
	Event  []byte
	Sample string
	// Sent says that the event must have been sent by the config as it is before: the stand-in has nothing of it from the start.
	Sent bool
}

// Flows returns a flow for every mode of every adapter that has a vendor of its own. What a vendor's config does as it is has its
// stand-in's name and takes any event; a further mode, or a further adapter of the same vendor, has a line here.
func Flows() []Flow {
	flows := []Flow{
		{Name: "labelbox-legacy", Config: "labelbox-legacy", Vendor: labelboxsandbox.Vendor(), Event: labelsOfTheStart(3)},
		relabel("cvat", cvatsandbox.Vendor(), "project: 1", true),
		relabel("encord", encordsandbox.Vendor(), "project: aaaaaaaa-0000-4000-8000-000000000001\npriority: high", false),
		relabel("kili", kilisandbox.Vendor(), "project: rehearsal\npriority: high", false),
		relabel("labelbox", labelboxsandbox.Vendor(), "project: "+labelboxsandbox.ProjectID+"\npriority: high", false),
		relabel("label-studio", labelstudiosandbox.Vendor(), "project: 1", true),
		relabel("scale", scalesandbox.Vendor(), "project: demo", false),
		relabel("segments", segmentssandbox.Vendor(), "dataset: acme/pets", false),
		relabel("supervisely", superviselysandbox.Vendor(), "job: 31", false),
	}
	for _, v := range Sandboxes() {
		flows = append(flows, Flow{Name: v.Name, Config: v.Name, Vendor: v})
	}
	return flows
}

// relabel is the flow that sends back what the vendor has.
func relabel(config string, v sandbox.Vendor, options string, sent bool) Flow {
	return Flow{Name: config + "-relabel", Config: config, Options: "mode: relabel\n" + options, Vendor: v, Sample: "frames", Sent: sent}
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
