package adapter

import (
	"errors"
	"fmt"
	"slices"

	"github.com/labelgate/labelgate/pkg/export"
)

// Annotating are the options of adapters that send existing labels along; embed it in an adapter's options.
type Annotating struct {
	Classes   map[string]string `yaml:"classes" doc:"The vendor's class for each class of the export, where they differ."`
	Unmapped  string            `yaml:"unmapped" enum:"fail,skip,keep" doc:"What becomes of a label whose class is not in classes: fail refuses its frame, skip leaves the label out, keep sends the class as it is. Without classes: keep; with classes: fail."`
	ImageSize ImageSize         `yaml:"image_size" doc:"Size of images whose sensor metadata has no width and height."`
}

// ImageSize is an option for a size in pixels.
type ImageSize struct {
	Width  int `yaml:"width" doc:"Width in pixels; 0 when it is not known."`
	Height int `yaml:"height" doc:"Height in pixels; 0 when it is not known."`
}

// Check returns the mistakes in the options, each an *OptionError.
func (o Annotating) Check() error {
	var errs []error
	for _, class := range sortedKeys(o.Classes) {
		if o.Classes[class] == "" {
			errs = append(errs, &OptionError{Option: "classes." + class, Err: errors.New("is empty; name the vendor's class")})
		}
	}
	if o.ImageSize.Width < 0 || o.ImageSize.Height < 0 || (o.ImageSize.Width == 0) != (o.ImageSize.Height == 0) {
		errs = append(errs, &OptionError{Option: "image_size", Err: errors.New("needs a width and a height, in pixels")})
	}
	return errors.Join(errs...)
}

// Annotator makes an annotator by the options, for a vendor that has forms for these label types.
func (o Annotating) Annotator(types ...export.LabelType) Annotator {
	return Annotator{
		Types:   types,
		Classes: export.Classes{Map: o.Classes, Unmapped: export.Unmapped(o.Unmapped)},
		Size:    export.Size{Width: float64(o.ImageSize.Width), Height: float64(o.ImageSize.Height)},
	}
}

// AnnotationFields are the parts of elements that Prepare reads.
const AnnotationFields = export.FieldSensors | export.FieldLabelDetails

// Annotator makes the labels of a frame ready for a vendor: classes translated, boxes clamped to their image, and what the
// vendor has no form for refused by name.
type Annotator struct {
	// Types are the label types that the vendor has a form for; labels of others are refused.
	Types []export.LabelType
	// Classes translates the classes.
	Classes export.Classes
	// Size is that of images which do not tell theirs; the zero value for none.
	Size export.Size
	// NeedsSize says that the vendor's forms need an image's size: frames with something to draw and without a size are
	// refused.
	NeedsSize bool
}

// Annotation is a label that is ready for a vendor.
type Annotation struct {
	// Label is the label as it was exported, At names the element that exported it.
	Label *export.Label
	At    export.ElementRef
	// Class is the vendor's class.
	Class string
	// Geometry is clamped to the image where its size is known.
	Geometry export.Geometry
}

// Refuse refuses the label of a frame that is sent without it.
func (a Annotation) Refuse(out Output, reason string) error {
	return out.Refuse(Refusal{Index: a.At.Index, ElementID: a.At.ID, Item: export.ItemID(a.Label.ID), Reason: reason})
}

// Note notes what was changed about the label.
func (a Annotation) Note(out Output, text string) error {
	return out.Note(Note{Index: a.At.Index, ElementID: a.At.ID, Item: export.ItemID(a.Label.ID), Text: text})
}

// Prepared is a frame that is ready for a vendor.
type Prepared struct {
	// Image is the frame's picture, with its Size from the sensor or the options.
	Image export.Image
	// Annotations are its exported labels.
	Annotations []Annotation
}

// Prepare makes a frame ready. ok is false when it cannot be sent: it was refused. Labels that cannot be sent are refused,
// and what was changed is noted, on out. Errors are those of out.
func (a Annotator) Prepare(s *export.Subject, out Output) (p Prepared, ok bool, err error) {
	image, there := s.Element.Frame.Image()
	if !there {
		return Prepared{}, false, RefuseSubject(out, s, "no image_url")
	}
	if !image.Size.Known() {
		image.Size = a.Size
	}
	w := preparing{Annotator: a, subject: s, image: image}
	for i := range s.Labels {
		if lack := w.label(i); lack != "" {
			return Prepared{}, false, RefuseSubject(out, s, lack)
		}
	}
	for _, r := range w.refused {
		if err := out.Refuse(r); err != nil {
			return Prepared{}, false, err
		}
	}
	for _, n := range w.notes {
		if err := out.Note(n); err != nil {
			return Prepared{}, false, err
		}
	}
	return Prepared{Image: image, Annotations: w.ready}, true, nil
}

// preparing is a frame in work.
type preparing struct {
	Annotator
	subject *export.Subject
	image   export.Image
	ready   []Annotation
	refused []Refusal
	notes   []Note
}

// label makes one label ready. lack says why the whole frame cannot be sent.
func (w *preparing) label(i int) (lack string) {
	l := &w.subject.Labels[i]
	g, err := l.Geometry()
	switch {
	case err != nil:
		w.refuse(i, err.Error())
		return ""
	case !slices.Contains(w.Types, g.Type()):
		w.refuse(i, fmt.Sprintf("the vendor has no form for labels of type %s", g.Type()))
		return ""
	}
	if sensor := w.subject.Element.Frame.Elsewhere(l); sensor != "" {
		w.refuse(i, fmt.Sprintf("lies on sensor %q, not on the picture that is sent (%q)", sensor, w.image.Sensor))
		return ""
	}
	class, keep, err := w.class(l, g)
	if err != nil {
		return err.Error()
	}
	if !keep {
		w.notes = append(w.notes, noteLabel(w.subject, i, fmt.Sprintf("left out: class %q is not in classes", l.Class)))
		return ""
	}
	return w.draw(i, Annotation{Label: l, At: w.subject.ElementOf(i), Class: class, Geometry: g})
}

// class is the vendor's class of a label. A mask's own class stands for those in it, and is in no class map.
func (w *preparing) class(l *export.Label, g export.Geometry) (name string, keep bool, err error) {
	if _, isMask := g.(export.Mask); isMask && l.Class == export.MaskClass {
		return l.Class, true, nil
	}
	return w.Classes.Of(l.Class)
}

// draw clamps a label to the image and adds it.
func (w *preparing) draw(i int, a Annotation) (lack string) {
	if _, undrawn := a.Geometry.(export.Classification); undrawn || !w.image.Size.Known() {
		if !undrawn && w.NeedsSize {
			return "no image size; send width and height in sensor_metadata, or set the option image_size"
		}
		w.ready = append(w.ready, a)
		return ""
	}
	clamped, changed, ok := export.Clamp(a.Geometry, w.image.Size)
	if !ok {
		w.refuse(i, fmt.Sprintf("lies outside the image (%gx%g)", w.image.Size.Width, w.image.Size.Height))
		return ""
	}
	if changed {
		w.notes = append(w.notes, noteLabel(w.subject, i, fmt.Sprintf("clamped to the image (%gx%g)", w.image.Size.Width, w.image.Size.Height)))
	}
	a.Geometry = clamped
	w.ready = append(w.ready, a)
	return ""
}

func (w *preparing) refuse(i int, reason string) {
	w.refused = append(w.refused, refuseLabel(w.subject, i, reason))
}
