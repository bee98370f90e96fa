package export_test

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/export"
)

// reusing yields elements as decoders do: the element, its frame and its lists are used again.
func reusing(elements ...export.Element) func(export.Fields) iter.Seq2[*export.Element, error] {
	return func(export.Fields) iter.Seq2[*export.Element, error] {
		return func(yield func(*export.Element, error) bool) {
			var el export.Element
			var frame export.Frame
			for i := range elements {
				el = elements[i]
				el.Index = i
				if el.Frame != nil {
					labels := append(frame.Labels[:0], el.Frame.Labels...)
					frame = *el.Frame
					frame.Labels = labels
					el.Frame = &frame
				}
				if !yield(&el, nil) {
					return
				}
			}
		}
	}
}

func frame(id string, labels ...string) export.Element {
	el := export.Element{ID: id, FrameID: id, Type: export.ElementFrame, Frame: &export.Frame{ImageURL: "image of " + id}}
	for _, l := range labels {
		el.Frame.Labels = append(el.Frame.Labels, export.Label{ID: l})
	}
	return el
}

func crop(id, of, label string) export.Element {
	return export.Element{
		ID: id, FrameID: of, Type: export.ElementCrop, Crop: &export.Label{ID: label},
		Frame: &export.Frame{ImageURL: "image of " + of, Labels: []export.Label{{ID: label}, {ID: "not exported"}}},
	}
}

// told writes the subjects, one a line: frame, elements, labels with the elements they came by.
func told(t *testing.T, elements ...export.Element) string {
	t.Helper()
	var b strings.Builder
	for s, err := range export.Subjects(reusing(elements...), export.AllFields) {
		require.NoError(t, err)
		fmt.Fprintf(&b, "%s:", s.Item())
		for _, el := range s.Elements {
			fmt.Fprintf(&b, " %d=%s", el.Index, el.ID)
		}
		for i, l := range s.Labels {
			fmt.Fprintf(&b, " %s@%s", l.ID, s.ElementOf(i).ID)
		}
		if s.Lack != "" {
			fmt.Fprintf(&b, " lack %s", s.Lack)
		} else {
			fmt.Fprintf(&b, " (%s)", s.Element.Frame.ImageURL)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestSubjectsPutFramesTogether(t *testing.T) {
	t.Parallel()
	require.Equal(t, "f1: 0=f1 a@f1 b@f1 (image of f1)\nf2: 1=f2 (image of f2)\n", told(t, frame("f1", "a", "b"), frame("f2")))
	require.Equal(t, "f2: 1=f2 x@f2 (image of f2)\nf1: 0=c1 2=c2 3=c3 a@c1 b@c3 (image of f1)\n",
		told(t, crop("c1", "f1", "a"), frame("f2", "x"), crop("c2", "f1", "a"), crop("c3", "f1", "b")),
		"crops of one frame come together, each label once, when the last of them is read")
	require.Equal(t, "f1: 0=c1 1=f1 b@c1 a@f1 (image of f1)\n", told(t, crop("c1", "f1", "b"), frame("f1", "a", "b")))
}

func TestSubjectsThatLackSomethingComeAlone(t *testing.T) {
	t.Parallel()
	broken := frame("f1")
	broken.Broken = "frame_data is not an object"
	require.Equal(t, "f1: 0=f1 lack frame_data is not an object\nf1: 1=c1 a@c1 (image of f1)\n: 2=x lack no frame_id\n",
		told(t, broken, crop("c1", "f1", "a"), export.Element{ID: "x"}))
	require.Equal(t, "f1: 1=f1 lack frame_data is not an object\nf1: 0=c1 a@c1 (image of f1)\n", told(t, crop("c1", "f1", "a"), broken),
		"a subject that has waited for a broken element goes on without it")
}

func TestSubjectsOfUnknownTypes(t *testing.T) {
	t.Parallel()
	plain, cropped := frame("f1", "a"), crop("c1", "f2", "b")
	plain.Type, cropped.Type = "", "region"
	require.Equal(t, "f1: 0=f1 a@f1 (image of f1)\nf2: 1=c1 b@c1 (image of f2)\n", told(t, plain, cropped))
}

func TestSubjectsOfManyLabels(t *testing.T) {
	t.Parallel()
	var labels []string
	for i := range 100 {
		labels = append(labels, fmt.Sprint("l", i%60))
	}
	for s, err := range export.Subjects(reusing(frame("f", append(labels, "", "")...)), export.AllFields) {
		require.NoError(t, err)
		require.Len(t, s.Labels, 62, "each id once, and all that have none")
	}
}

func TestSubjectsEndWithErrors(t *testing.T) {
	t.Parallel()
	failing := func(export.Fields) iter.Seq2[*export.Element, error] {
		return func(yield func(*export.Element, error) bool) { yield(nil, errors.New("torn")) }
	}
	for s, err := range export.Subjects(failing, 0) {
		require.Nil(t, s)
		require.EqualError(t, err, "torn")
	}
	for range export.Subjects(reusing(frame("a"), frame("b")), 0) {
		break
	}
}
