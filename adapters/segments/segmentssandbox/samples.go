package segmentssandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// sample is an image.
type sample struct {
	dataset    *dataset
	uuid       string
	created    string
	name       string
	attributes *imageAttributes
	metadata   map[string]any
	priority   float64
	labeler    *string
	reviewer   *string
	readme     string
	labels     map[string]*label // by labelset
}

type imageAttributes struct {
	Image imageFile `json:"image"`
}

type imageFile struct {
	URL string `json:"url"`
}

// sampleBody is a new sample.
type sampleBody struct {
	Name       string           `json:"name"`
	Attributes *imageAttributes `json:"attributes"`
	Metadata   map[string]any   `json:"metadata"`
	Priority   float64          `json:"priority"`
	Labeler    *string          `json:"assigned_labeler"`
	Reviewer   *string          `json:"assigned_reviewer"`
	Readme     string           `json:"readme"`
	Embedding  []float64        `json:"embedding"`
}

// lack returns the field that is missing, and why.
func (b *sampleBody) lack() (field, why string) {
	switch {
	case b.Name == "":
		return "name", "This field is required."
	case b.Attributes == nil:
		return "attributes", "This field is required."
	}
	at, err := url.Parse(b.Attributes.Image.URL)
	if err != nil || at.Host == "" || !slices.Contains([]string{"http", "https", "s3", "gs"}, at.Scheme) {
		return "attributes", "image.url must be a valid URL."
	}
	return "", ""
}

func (a *api) addSample(d *dataset, b *sampleBody) *sample {
	s := &sample{
		dataset: d, uuid: a.uuid(), created: a.time(), name: b.Name, attributes: b.Attributes, metadata: b.Metadata, priority: b.Priority,
		labeler: b.Labeler, reviewer: b.Reviewer, readme: b.Readme, labels: map[string]*label{},
	}
	if s.metadata == nil {
		s.metadata = map[string]any{}
	}
	d.samples = append(d.samples, s)
	d.byName[s.name] = s
	a.samples[s.uuid] = s
	return s
}

// told is the sample in the form that the API answers.
func (s *sample) told() map[string]any {
	return map[string]any{
		"uuid": s.uuid, "name": s.name, "attributes": s.attributes, "metadata": s.metadata, "created_at": s.created, "created_by": user,
		"priority": s.priority, "assigned_labeler": s.labeler, "assigned_reviewer": s.reviewer, "readme": s.readme,
		"dataset_full_name": s.dataset.fullName(),
	}
}

// status is that of the ground truth.
func (s *sample) status() string {
	if l := s.labels[groundTruth]; l != nil {
		return l.status
	}
	return "UNLABELED"
}

func (a *api) createSample(c *call) {
	d := a.theDataset(c)
	var body sampleBody
	if d == nil || !c.decode(&body) {
		return
	}
	if field, why := body.lack(); field != "" {
		c.invalid(field, "%s", why)
		return
	}
	if d.byName[body.Name] != nil {
		c.answer(http.StatusBadRequest, []string{"A sample with the name '" + body.Name + "' already exists in this dataset."})
		return
	}
	s := a.addSample(d, &body)
	c.effect("sample %q created in %s", s.name, d.fullName())
	c.answer(http.StatusCreated, s.told())
}

// createSamples takes a list. Samples whose names are taken are answered as they are (client.py, add_samples); one that is
// not right refuses the list, with an entry for each: empty for those that are well (as Django REST framework, whose other
// errors the client's texts are of).
func (a *api) createSamples(c *call) {
	d := a.theDataset(c)
	var bodies []sampleBody
	if d == nil || !c.decode(&bodies) {
		return
	}
	lacks, lacking := make([]map[string]any, len(bodies)), false
	for i := range bodies {
		lacks[i] = map[string]any{}
		if field, why := bodies[i].lack(); field != "" {
			lacks[i][field], lacking = []string{why}, true
		}
	}
	if lacking {
		c.answer(http.StatusBadRequest, lacks)
		return
	}
	told, added := make([]map[string]any, len(bodies)), 0
	for i := range bodies {
		s := d.byName[bodies[i].Name]
		if s == nil {
			s = a.addSample(d, &bodies[i])
			added++
		}
		told[i] = s.told()
	}
	c.effect("%d samples created in %s, %d were there", added, d.fullName(), len(told)-added)
	c.answer(http.StatusOK, told)
}

func (a *api) deleteSamples(c *call) {
	d := a.theDataset(c)
	var body struct {
		UUIDs []string `json:"uuids"`
	}
	if d == nil || !c.decode(&body) {
		return
	}
	deleted := 0
	for _, uuid := range body.UUIDs {
		if s := a.samples[uuid]; s != nil && s.dataset == d {
			a.drop(s)
			deleted++
		}
	}
	c.effect("%d samples deleted from %s", deleted, d.fullName())
	c.answer(http.StatusOK, map[string]any{"deleted_count": deleted})
}

func (a *api) drop(s *sample) {
	delete(a.samples, s.uuid)
	delete(s.dataset.byName, s.name)
	s.dataset.samples = slices.DeleteFunc(s.dataset.samples, func(o *sample) bool { return o == s })
}

// theSample is the sample that the path names; nil when it was refused.
func (a *api) theSample(c *call) *sample {
	s := a.samples[c.r.PathValue("uuid")]
	if s == nil {
		c.notFound()
	}
	return s
}

func (a *api) getSample(c *call) {
	s := a.theSample(c)
	if s == nil || !c.query("labelset") {
		return
	}
	told := s.told()
	if set := c.r.URL.Query().Get("labelset"); set != "" && s.labels[set] != nil {
		told["label"] = s.labels[set].told(s, set)
	}
	c.answer(http.StatusOK, told)
}

func (a *api) deleteSample(c *call) {
	if s := a.theSample(c); s != nil {
		a.drop(s)
		c.effect("sample %q deleted", s.name)
		c.answer(http.StatusNoContent, nil)
	}
}

// updateSample changes what is named; null takes an assignment back.
func (a *api) updateSample(c *call) {
	var body struct {
		Name       *string          `json:"name"`
		Attributes *imageAttributes `json:"attributes"`
		Metadata   map[string]any   `json:"metadata"`
		Priority   *float64         `json:"priority"`
		Labeler    jsontext.Value   `json:"assigned_labeler"`
		Reviewer   jsontext.Value   `json:"assigned_reviewer"`
		Readme     *string          `json:"readme"`
	}
	s := a.theSample(c)
	if s == nil || !c.decode(&body) {
		return
	}
	if body.Name != nil && *body.Name != s.name && s.dataset.byName[*body.Name] != nil {
		c.answer(http.StatusBadRequest, []string{"A sample with the name '" + *body.Name + "' already exists in this dataset."})
		return
	}
	labeler, ok1 := person(body.Labeler, s.labeler)
	reviewer, ok2 := person(body.Reviewer, s.reviewer)
	if !ok1 || !ok2 {
		c.invalid("assigned_labeler", "Not a valid string.")
		return
	}
	s.labeler, s.reviewer = labeler, reviewer
	if body.Name != nil {
		delete(s.dataset.byName, s.name)
		s.name = *body.Name
		s.dataset.byName[s.name] = s
	}
	if body.Attributes != nil {
		s.attributes = body.Attributes
	}
	if body.Metadata != nil {
		s.metadata = body.Metadata
	}
	if body.Priority != nil {
		s.priority = *body.Priority
	}
	if body.Readme != nil {
		s.readme = *body.Readme
	}
	c.effect("sample %q changed", s.name)
	c.answer(http.StatusOK, s.told())
}

// person reads who a sample is assigned to: absent changes nothing, null is nobody.
func person(value jsontext.Value, was *string) (*string, bool) {
	switch {
	case value == nil:
		return was, true
	case string(value) == "null":
		return nil, true
	}
	name, err := strconv.Unquote(string(value))
	return &name, err == nil
}

// listSamples pages. name__contains finds every name that holds it.
func (a *api) listSamples(c *call) {
	d := a.theDataset(c)
	if d == nil || !c.query("per_page", "page", "name__contains", "labelset", "include_full_label", "filters", "label_status", "sort") {
		return
	}
	q := c.r.URL.Query()
	found := make([]*sample, 0, len(d.samples))
	for _, s := range d.samples {
		if strings.Contains(s.name, q.Get("name__contains")) && s.fits(q.Get("filters"), q.Get("label_status")) {
			found = append(found, s)
		}
	}
	if !sortSamples(found, q.Get("sort")) {
		c.invalid("sort", "%q is not a valid choice.", q.Get("sort"))
		return
	}
	per, page := positive(q.Get("per_page"), 1000), positive(q.Get("page"), 1)
	from := per * (page - 1)
	if per == 0 || page == 0 || from > 0 && from >= len(found) {
		c.refuse(http.StatusNotFound, "Invalid page.")
		return
	}
	told := []map[string]any{}
	for _, s := range found[from:min(from+per, len(found))] {
		one := s.told()
		if set := q.Get("labelset"); set != "" && s.labels[set] != nil {
			one["label"] = s.labels[set].summary()
			if q.Get("include_full_label") == "1" {
				one["label"] = s.labels[set].told(s, set)
			}
		}
		told = append(told, one)
	}
	c.answer(http.StatusOK, told)
}

// fits looks at metadata filters ("key:value,...") and label states ("LABELED,..."); empty ones fit everything.
func (s *sample) fits(filters, states string) bool {
	for _, filter := range strings.Split(filters, ",") {
		name, value, ok := strings.Cut(filter, ":")
		if got, isText := s.metadata[name].(string); ok && (!isText || got != value) {
			return false
		}
	}
	return states == "" || slices.Contains(strings.Split(states, ","), s.status())
}

func sortSamples(list []*sample, by string) bool {
	field, down := strings.CutPrefix(by, "-")
	var compare func(a, b *sample) int
	switch field {
	case "name", "":
		compare = func(a, b *sample) int { return strings.Compare(a.name, b.name) }
	case "created_at", "gt_label__updated_at":
		compare = func(a, b *sample) int { return strings.Compare(a.uuid, b.uuid) }
	case "priority":
		compare = func(a, b *sample) int { return int(a.priority - b.priority) }
	default:
		return false
	}
	slices.SortStableFunc(list, func(a, b *sample) int {
		if down {
			return compare(b, a)
		}
		return compare(a, b)
	})
	return true
}

// positive reads a parameter; a wrong one is 0.
func positive(text string, byDefault int) int {
	if text == "" {
		return byDefault
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0
	}
	return n
}
