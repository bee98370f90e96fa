// Package export is the shared domain model: what a curation tool exports for relabelling, in terms that belong to no
// vendor and no source. Sources decode into it, adapters and mappings read from it. It imports nothing else of Labelgate.
package export

// Event is an accepted export without its elements. Elements can be many (100,000 and more), so they are never part of
// it: they are iterated, one at a time, from the journaled payload.
type Event struct {
	// Type is the source's name of the event, "issue-exported" for Aquarium.
	Type string `json:"event"`
	// Project is the curation tool's project, never empty.
	Project string `json:"project"`
	// Issue is the exported group of elements.
	Issue Issue `json:"issue"`
	// Extra holds the fields of the envelope that the model does not name, as decoded JSON (numbers are json.Number).
	Extra map[string]any `json:"extra,omitempty"`
}

// Issue is a named group of elements whose labels look wrong.
type Issue struct {
	// ID is the source's id of the issue, empty when it sent none.
	ID string `json:"id,omitempty"`
	// Name is what its author called it; the first element's issue_name when the issue itself carries none.
	Name string `json:"name,omitempty"`
	// Dataset is the dataset's plain name, without a "<project>." in front; the first element's when the issue carries none.
	Dataset string `json:"dataset,omitempty"`
	// InferenceSet is the plain name of the model output that was compared, empty for ground truth; the first element's
	// when the issue carries none.
	InferenceSet string `json:"inference_set,omitempty"`
	// Elements counts the entries of the element list, bad ones included.
	Elements int `json:"elements"`
	// Extra holds the issue's fields that the model does not name.
	Extra map[string]any `json:"extra,omitempty"`
}
