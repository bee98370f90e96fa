package superviselysandbox

import (
	"fmt"
	"slices"
)

// annotation is all that is drawn on an image.
type annotation struct {
	Description string   `json:"description"`
	Size        size     `json:"size"`
	Tags        []tag    `json:"tags"`
	Objects     []object `json:"objects"`
	CustomBig   any      `json:"customBigData,omitempty"`
}

type size struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

// tag is a tag of an image or of an object. What comes after Value is the client's, which sends back what it was given.
type tag struct {
	Name      string `json:"name"`
	Value     any    `json:"value,omitempty"`
	ID        int    `json:"id,omitempty"`
	TagID     int    `json:"tagId,omitempty"`
	Labeler   string `json:"labelerLogin,omitempty"`
	CreatedAt string `json:"createdAt,omitempty"`
	UpdatedAt string `json:"updatedAt,omitempty"`
}

// object is a figure. Fields behind Tags are what the client's upload_ann sends besides.
type object struct {
	ID           int     `json:"id,omitempty"`
	ClassTitle   string  `json:"classTitle"`
	GeometryType string  `json:"geometryType"`
	Points       *points `json:"points"`
	Tags         []tag   `json:"tags"`
	Description  string  `json:"description,omitempty"`
	Shape        string  `json:"shape,omitempty"`
	ClassID      *int    `json:"classId,omitempty"`
	NNCreated    bool    `json:"nnCreated,omitempty"`
	NNUpdated    bool    `json:"nnUpdated,omitempty"`
	Labeler      string  `json:"labelerLogin,omitempty"`
	CreatedAt    string  `json:"createdAt,omitempty"`
	UpdatedAt    string  `json:"updatedAt,omitempty"`
}

type points struct {
	Exterior [][]float64   `json:"exterior"`
	Interior [][][]float64 `json:"interior"`
}

// withoutIDs is the annotation as it was sent.
func (a annotation) withoutIDs() annotation {
	a.Objects = slices.Clone(a.Objects)
	for n := range a.Objects {
		a.Objects[n].ID = 0
	}
	return a
}

type addAnnotations struct {
	DatasetID   int `json:"datasetId"`
	Annotations []struct {
		ImageID    int         `json:"imageId"`
		Annotation *annotation `json:"annotation"`
	} `json:"annotations"`
	SkipBounds bool `json:"skipBoundsValidation"`
}

// addAnnotations replaces what is drawn on images: on all of them or, when something is wrong, on none.
func (s *store) addAnnotations(args addAnnotations) (any, string, error) {
	if n := len(args.Annotations); n == 0 || n > mostImages {
		return nil, "", invalid("annotations must have from 1 to %d entries, has %d", mostImages, n)
	}
	ids := make([]int, len(args.Annotations))
	for n, a := range args.Annotations {
		ids[n] = a.ImageID
		if a.Annotation == nil {
			return nil, "", invalid("annotations[%d].annotation is missing", n)
		}
		if err := s.meta.check(*a.Annotation, args.SkipBounds); err != nil {
			return nil, "", invalid("annotations[%d].annotation.%s", n, err)
		}
	}
	images, err := s.inDataset(args.DatasetID, ids)
	if err != nil {
		return nil, "", err
	}
	objects := 0
	for n, i := range images {
		i.ann = *args.Annotations[n].Annotation
		i.ann.CustomBig = nil
		for o := range i.ann.Objects {
			i.ann.Objects[o].ID = s.newID()
		}
		objects += len(i.ann.Objects)
	}
	return map[string]bool{"success": true}, fmt.Sprintf("%d images annotated with %d objects", len(images), objects), nil
}

// check says what is wrong with an annotation.
func (m meta) check(a annotation, anywhere bool) error { //nolint:revive // it is a field of the request
	if a.Size.Width <= 0 || a.Size.Height <= 0 {
		return fmt.Errorf("size is missing")
	}
	if a.Tags == nil || a.Objects == nil {
		return fmt.Errorf("tags or objects is missing")
	}
	if err := m.checkTags(a.Tags); err != nil {
		return err
	}
	bounds := a.Size
	if anywhere {
		bounds = size{}
	}
	for n, o := range a.Objects {
		if err := m.checkObject(o, bounds); err != nil {
			return fmt.Errorf("objects[%d].%w", n, err)
		}
	}
	return nil
}

func (m meta) checkTags(tags []tag) error {
	for n, t := range tags {
		known, there := m.tag(t.Name)
		_, isText := t.Value.(string)
		_, isNumber := t.Value.(float64)
		switch {
		case !there:
			return fmt.Errorf("tags[%d]: the project has no tag %q", n, t.Name)
		case known.ValueType == "none" && t.Value != nil, known.ValueType == "any_string" && !isText, known.ValueType == "any_number" && !isNumber:
			return fmt.Errorf("tags[%d]: the value of tag %q is not of type %s", n, t.Name, known.ValueType)
		}
	}
	return nil
}

func (m meta) checkObject(o object, bounds size) error {
	c, there := m.class(o.ClassTitle)
	switch {
	case !there:
		return fmt.Errorf("classTitle: the project has no class %q", o.ClassTitle)
	case c.Shape != "any" && c.Shape != o.GeometryType:
		return fmt.Errorf("geometryType: class %q is of shape %s", o.ClassTitle, c.Shape)
	case o.Tags == nil:
		return fmt.Errorf("tags is missing")
	case o.Points == nil || o.Points.Interior == nil:
		return fmt.Errorf("points is missing or lacks interior")
	}
	if err := m.checkTags(o.Tags); err != nil {
		return err
	}
	return o.Points.check(o.GeometryType, bounds)
}

// check says what is wrong with the points of a geometry. No bounds allow points outside the image.
func (p points) check(geometry string, bounds size) error {
	least := map[string]int{"rectangle": 2, "polygon": 3, "line": 2, "point": 1}[geometry]
	n := len(p.Exterior)
	exactly := geometry == "rectangle" || geometry == "point"
	switch {
	case least == 0:
		return fmt.Errorf("geometryType %q is not played by the sandbox", geometry)
	case n < least || exactly && n != least:
		return fmt.Errorf("points.exterior: %d points are not a %s", n, geometry)
	case geometry != "polygon" && len(p.Interior) > 0:
		return fmt.Errorf("points.interior: a %s has no holes", geometry)
	}
	for _, ring := range append(slices.Clone(p.Interior), p.Exterior) {
		for _, at := range ring {
			if len(at) != 2 {
				return fmt.Errorf("points: a point is [x, y]")
			}
			if bounds.Width > 0 && (at[0] < 0 || at[1] < 0 || at[0] > float64(bounds.Width) || at[1] > float64(bounds.Height)) {
				return fmt.Errorf("points: [%g, %g] is outside the image", at[0], at[1])
			}
		}
	}
	if geometry == "rectangle" && (p.Exterior[0][0] > p.Exterior[1][0] || p.Exterior[0][1] > p.Exterior[1][1]) {
		return fmt.Errorf("points.exterior: is not [[left, top], [right, bottom]]")
	}
	return nil
}

// how are the client's wishes how annotations are to be returned; the sandbox has no choice to make.
type how struct {
	WithCustomData bool `json:"withCustomBigData"`
	ForceMetadata  bool `json:"forceMetadataForLinks"`
	IntegerCoords  bool `json:"integerCoords"`
}

type annotationView struct {
	ImageID    int        `json:"imageId"`
	ImageName  string     `json:"imageName"`
	Annotation annotation `json:"annotation"`
	CreatedAt  string     `json:"createdAt"`
	UpdatedAt  string     `json:"updatedAt"`
}

func (s *store) viewAnnotation(i *image) annotationView {
	return annotationView{i.id, i.name, i.ann, stamp(s.now), stamp(s.now)}
}

func (s *store) annotationInfo(args struct {
	ImageID int `json:"imageId"`
	how
},
) (any, string, error) {
	i, err := s.image(args.ImageID)
	if err != nil {
		return nil, "", err
	}
	return s.viewAnnotation(i), "", nil
}

func (s *store) annotationInfos(args struct {
	DatasetID int   `json:"datasetId"`
	ImageIDs  []int `json:"imageIds"`
	how
},
) (any, string, error) {
	images, err := s.inDataset(args.DatasetID, args.ImageIDs)
	if err != nil {
		return nil, "", err
	}
	views := make([]annotationView, len(images))
	for n, i := range images {
		views[n] = s.viewAnnotation(i)
	}
	return views, "", nil
}

type addFigures struct {
	EntityID  int  `json:"entityId"`
	DatasetID *int `json:"datasetId"`
	Figures   []struct {
		object
		Geometry struct {
			Points points `json:"points"`
		} `json:"geometry"`
		EntityID int `json:"entityId"`
	} `json:"figures"`
	SkipBounds bool `json:"skipBoundsValidation"`
}

// addFigures adds to what is drawn on an image.
func (s *store) addFigures(args addFigures) (any, string, error) {
	i, err := s.image(args.EntityID)
	if err != nil {
		return nil, "", err
	}
	ids := []byID{}
	for n, f := range args.Figures {
		at := slices.IndexFunc(s.meta.Classes, func(c class) bool { return f.ClassID != nil && c.ID == *f.ClassID })
		if at < 0 {
			return nil, "", invalid("figures[%d].classId is not a class of the project", n)
		}
		if err := f.Geometry.Points.check(f.GeometryType, size{}); err != nil {
			return nil, "", invalid("figures[%d].%s", n, err)
		}
		o := f.object
		o.ID, o.ClassTitle, o.Points = s.newID(), s.meta.Classes[at].Title, &f.Geometry.Points
		i.ann.Objects = append(i.ann.Objects, o)
		ids = append(ids, byID{o.ID})
	}
	return ids, fmt.Sprintf("%d figures added to image %d", len(ids), i.id), nil
}
