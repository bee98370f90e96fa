package superviselysandbox

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// mostImages is how many images or annotations one call takes. The server's own bound is not published; the client sends no more.
const mostImages = 50

type addImages struct {
	DatasetID      int        `json:"datasetId"`
	Images         []newImage `json:"images"`
	ForceMetadata  bool       `json:"forceMetadataForLinks"`
	SkipValidation bool       `json:"skipValidation"`
}

type newImage struct {
	Title    string          `json:"title"`
	Link     string          `json:"link"`
	Meta     json.RawMessage `json:"meta"`
	ParentID *int            `json:"parentId"`
}

// clash names an image that is there already.
type clash struct {
	Name string `json:"name"`
	ID   int    `json:"id"`
}

// addImages adds images by link: all of them or, when a name is taken, none. Every name that is taken is told.
func (s *store) addImages(args addImages) (any, string, error) {
	d, err := s.dataset(args.DatasetID)
	if err != nil {
		return nil, "", err
	}
	if n := len(args.Images); n == 0 || n > mostImages {
		return nil, "", invalid("images must have from 1 to %d entries, has %d", mostImages, n)
	}
	var clashes []clash
	for n, i := range args.Images {
		if err := i.check(args.Images[:n]); err != nil {
			return nil, "", invalid("images[%d].%s", n, err)
		}
		if old := s.named(d, i.Title); old != nil {
			clashes = append(clashes, clash{i.Title, old.id})
		}
	}
	if len(clashes) > 0 {
		return nil, "", refusal{
			Status: 400, Message: "Some images already exist in the dataset", Details: map[string]any{"type": "NONUNIQUE", "errors": clashes},
		}
	}
	views := make([]imageView, len(args.Images))
	for n, i := range args.Images {
		views[n] = s.viewImage(s.addImage(d, i))
	}
	return views, fmt.Sprintf("%d images added to dataset %s", len(views), d.name), nil
}

func (i newImage) check(before []newImage) error {
	at, err := url.Parse(i.Link)
	var fields map[string]any
	switch {
	case i.Title == "" || strings.ContainsAny(i.Title, "/\\") || len(i.Title) > 255:
		return fmt.Errorf("title %q is not a name", i.Title)
	case err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https":
		return fmt.Errorf("link %q is no URL", i.Link)
	case i.Meta != nil && (json.Unmarshal(i.Meta, &fields) != nil || fields == nil):
		return fmt.Errorf("meta is not an object")
	case slices.ContainsFunc(before, func(b newImage) bool { return b.Title == i.Title }):
		return fmt.Errorf("title %q is there twice", i.Title)
	}
	return nil
}

func (s *store) addImage(d *dataset, n newImage) *image {
	if slices.ContainsFunc(s.images, func(i *image) bool { return i.dataset == d && i.link == n.Link }) {
		s.twice++
	}
	if n.Meta == nil {
		n.Meta = json.RawMessage("{}")
	}
	i := &image{id: s.newID(), dataset: d, name: n.Title, link: n.Link, meta: n.Meta, ann: annotation{Tags: []tag{}, Objects: []object{}}}
	s.images = append(s.images, i)
	return i
}

type imageView struct {
	ID          int             `json:"id"`
	Name        string          `json:"name"`
	Link        string          `json:"link"`
	Hash        *string         `json:"hash"`
	Mime        *string         `json:"mime"`
	Width       *int            `json:"width"`
	Height      *int            `json:"height"`
	LabelsCount int             `json:"labelsCount"`
	DatasetID   int             `json:"datasetId"`
	ProjectID   int             `json:"projectId"`
	CreatedAt   string          `json:"createdAt"`
	UpdatedAt   string          `json:"updatedAt"`
	Meta        json.RawMessage `json:"meta"`
	Tags        []tag           `json:"tags"`
}

func (s *store) viewImage(i *image) imageView {
	at := stamp(s.now)
	v := imageView{
		ID: i.id, Name: i.name, Link: i.link, LabelsCount: len(i.ann.Objects), DatasetID: i.dataset.id, ProjectID: projectID,
		CreatedAt: at, UpdatedAt: at, Meta: i.meta, Tags: i.ann.Tags,
	}
	if i.ann.Size.Width > 0 { // the pictures themselves are never looked at
		v.Width, v.Height = &i.ann.Size.Width, &i.ann.Size.Height
	}
	return v
}

type imageByID struct {
	ID            int  `json:"id"`
	ForceMetadata bool `json:"forceMetadataForLinks"`
}

func (s *store) imageInfo(args imageByID) (any, string, error) {
	i, err := s.image(args.ID)
	if err != nil {
		return nil, "", err
	}
	return s.viewImage(i), "", nil
}

type listImages struct {
	ProjectID     *int     `json:"projectId"`
	DatasetID     *int     `json:"datasetId"`
	Filter        []filter `json:"filter"`
	Sort          string   `json:"sort"`
	SortOrder     string   `json:"sort_order"`
	ForceMetadata bool     `json:"forceMetadataForLinks"`
	Recursive     bool     `json:"recursive"`
	page
}

func (s *store) listImages(args listImages) (any, string, error) {
	if (args.ProjectID == nil) == (args.DatasetID == nil) {
		return nil, "", invalid("one of projectId and datasetId must be given")
	}
	if args.DatasetID != nil {
		if _, err := s.dataset(*args.DatasetID); err != nil {
			return nil, "", err
		}
	}
	var found []any
	for _, i := range s.images {
		if args.DatasetID != nil && i.dataset.id != *args.DatasetID {
			continue
		}
		fits, err := all(args.Filter, map[string]any{"id": i.id, "name": i.name, "link": i.link})
		if err != nil {
			return nil, "", err
		}
		if fits {
			found = append(found, s.viewImage(i))
		}
	}
	return args.of(found, args.Sort, args.SortOrder)
}

type imageIDs struct {
	IDs []int `json:"imageIds"`
}

func (s *store) removeImages(args imageIDs) (any, string, error) {
	if len(args.IDs) == 0 {
		return nil, "", invalid("imageIds is empty")
	}
	for _, id := range args.IDs {
		if _, err := s.image(id); err != nil {
			return nil, "", err
		}
	}
	s.images = slices.DeleteFunc(s.images, func(i *image) bool { return slices.Contains(args.IDs, i.id) })
	return map[string]bool{"success": true}, fmt.Sprintf("%d images removed", len(args.IDs)), nil
}

type editImage struct {
	ID   int             `json:"id"`
	Meta json.RawMessage `json:"meta"`
	Name string          `json:"name"`
}

func (s *store) editImage(args editImage) (any, string, error) {
	i, err := s.image(args.ID)
	if err != nil {
		return nil, "", err
	}
	if args.Meta != nil {
		i.meta = args.Meta
	}
	if args.Name != "" {
		i.name = args.Name
	}
	return s.viewImage(i), fmt.Sprintf("image %d changed", i.id), nil
}

type tagImages struct {
	TagID int   `json:"tagId"`
	IDs   []int `json:"ids"`
	Value any   `json:"value"`
}

func (s *store) tagImages(args tagImages) (any, string, error) {
	at := slices.IndexFunc(s.meta.Tags, func(t tagMeta) bool { return t.ID == args.TagID })
	if at < 0 {
		return nil, "", missing("Tag", args.TagID)
	}
	for _, id := range args.IDs {
		i, err := s.image(id)
		if err != nil {
			return nil, "", err
		}
		i.ann.Tags = append(i.ann.Tags, tag{Name: s.meta.Tags[at].Name, Value: args.Value})
	}
	return map[string]bool{"success": true}, fmt.Sprintf("%d images tagged", len(args.IDs)), nil
}
