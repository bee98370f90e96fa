package export

import (
	"hash/maphash"
	"iter"
	"slices"
)

// Subject is a frame with all that was exported of it: whole, or the labels that crops of it point to. An issue may hold
// several crops of one frame, and a frame besides crops of it; vendors want each image once.
type Subject struct {
	// Element is the first element of the frame. Its Type is that of this element alone.
	Element *Element
	// Elements are all elements of the frame, in the order of the issue.
	Elements []ElementRef
	// Labels are the exported labels, each id once, in order of first appearance. They are there with FieldLabels, whole
	// with FieldLabelDetails.
	Labels []Label
	// Lack says why there is no frame to speak of: it could not be decoded, or has no frame id; empty otherwise.
	Lack string

	from []int           // for each label the place of its element in Elements
	seen map[string]bool // ids of labels, once there are many
}

// ElementRef names an element.
type ElementRef struct {
	// Index is its place in the list, from 0; ID is the source's id of it.
	Index int
	ID    string
}

// Item is the subject's id as an item: the frame's id.
func (s *Subject) Item() ItemID { return ItemID(s.Element.FrameID) }

// ElementOf names the element that exported the i-th label.
func (s *Subject) ElementOf(i int) ElementRef { return s.Elements[s.from[i]] }

// Subjects iterates the frames of an issue, decoding the fields asked for. A frame comes when its last element has been
// read: frames that are named once, as they are read; others wait, whole, in memory. Elements that are broken or lack a
// frame id come as they are, with Lack. elements is read twice, the first time for ids alone. The subject and all below it
// are valid until the next one.
func Subjects(elements func(Fields) iter.Seq2[*Element, error], fields Fields) iter.Seq2[*Subject, error] {
	return func(yield func(*Subject, error) bool) {
		g := gathering{left: map[uint64]int{}, waiting: map[string]*Subject{}, seed: maphash.MakeSeed()}
		for el, err := range elements(0) {
			if err != nil {
				yield(nil, err)
				return
			}
			g.count(el)
		}
		for el, err := range elements(fields) {
			if err != nil {
				yield(nil, err)
				return
			}
			lacking, whole := g.add(el)
			if lacking != nil && !yield(lacking, nil) || whole != nil && !yield(whole, nil) {
				return
			}
		}
	}
}

// gathering puts the elements of each frame together.
type gathering struct {
	seed    maphash.Seed
	left    map[uint64]int // elements of a frame that have not come yet, by the hash of its id
	waiting map[string]*Subject
}

func (g *gathering) hash(frame string) uint64 { return maphash.String(g.seed, frame) }

func (g *gathering) count(el *Element) {
	if el.FrameID != "" {
		g.left[g.hash(el.FrameID)]++
	}
}

// add takes the next element. lacking is the element alone, where it is no use; whole is the subject that it completes.
func (g *gathering) add(el *Element) (lacking, whole *Subject) {
	ref := ElementRef{Index: el.Index, ID: el.ID}
	if el.Broken != "" || el.FrameID == "" {
		lacking = &Subject{Element: el, Elements: []ElementRef{ref}, Lack: "no frame_id"}
		if el.Broken != "" {
			lacking.Lack = el.Broken
		}
	}
	if el.FrameID == "" {
		return lacking, nil
	}
	at := g.hash(el.FrameID)
	g.left[at]--
	s := g.waiting[el.FrameID]
	if lacking == nil {
		if s == nil {
			s = &Subject{Element: el}
		}
		s.take(el, ref)
	}
	return lacking, g.settle(s, g.left[at] > 0)
}

// settle keeps a subject that waits for more elements, and gives back one that is complete.
func (g *gathering) settle(s *Subject, waits bool) *Subject {
	switch {
	case s == nil:
		return nil
	case !waits:
		delete(g.waiting, s.Element.FrameID)
		return s
	case g.waiting[s.Element.FrameID] == nil:
		s.Element = s.Element.clone()
		g.waiting[s.Element.FrameID] = s
	}
	return nil
}

// take adds what an element exports. An element that does not say whether it is a crop is one when it brings a crop.
func (s *Subject) take(el *Element, ref ElementRef) {
	s.Elements = append(s.Elements, ref)
	isCrop := el.Type == ElementCrop || el.Type != ElementFrame && el.Crop != nil
	switch {
	case isCrop && el.Crop != nil:
		s.addLabel(el.Crop)
	case !isCrop && el.Frame != nil:
		for i := range el.Frame.Labels {
			s.addLabel(&el.Frame.Labels[i])
		}
	}
	if s.Element.Frame == nil && el.Frame != nil { // the first one came without its content
		s.Element.Frame = el.clone().Frame
	}
}

func (s *Subject) addLabel(l *Label) {
	if l.ID != "" && s.has(l.ID) {
		return
	}
	s.Labels = append(s.Labels, *l)
	s.from = append(s.from, len(s.Elements)-1)
}

// lookAt is how many labels are looked at one by one; beyond that a map is cheaper.
const lookAt = 32

func (s *Subject) has(label string) bool {
	if len(s.Labels) < lookAt {
		return slices.ContainsFunc(s.Labels, func(old Label) bool { return old.ID == label })
	}
	if s.seen == nil {
		s.seen = make(map[string]bool, 2*lookAt)
		for i := range s.Labels {
			s.seen[s.Labels[i].ID] = true
		}
	}
	had := s.seen[label]
	s.seen[label] = true
	return had
}

// clone copies what the decoder uses again: the element, its frame and its lists.
func (el *Element) clone() *Element {
	c := *el
	if el.Frame != nil {
		frame := *el.Frame
		frame.Sensors = slices.Clone(frame.Sensors)
		frame.Labels = slices.Clone(frame.Labels)
		frame.CoordinateFrames = slices.Clone(frame.CoordinateFrames)
		c.Frame = &frame
	}
	if el.Crop != nil {
		crop := *el.Crop
		c.Crop = &crop
	}
	return &c
}
