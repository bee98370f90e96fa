package cvat

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// polls are the first tries' requests that are not known to have ended, once all of those tasks have their images attached.
// They need no more than the results. Further tries go with other tasks' steps and are planned with them.
func (v *vendor) polls(in adapter.Input) []adapter.Step {
	var created, attached int
	var waiting []string
	for id := range in.Results {
		kind, task, _ := strings.Cut(id, "/")
		switch {
		case strings.Contains(task, tryMark):
		case kind == "create":
			created++
		case kind == "attach":
			attached++
			if in.Kept(id, keptRequest) != "" && !in.Done("fetch/"+task) {
				waiting = append(waiting, task)
			}
		}
	}
	if created != attached {
		return nil
	}
	slices.SortFunc(waiting, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) })
	steps := make([]adapter.Step, len(waiting))
	for i, task := range waiting {
		steps[i] = v.pollStep(in, task)
	}
	return steps
}

// pollStep asks for the request that fetches a task's images. Its id is one part of the path, escaped.
func (v *vendor) pollStep(in adapter.Input, task string) adapter.Step {
	request := in.Kept("attach/"+task, keptRequest)
	return adapter.Step{ID: "fetch/" + task, Call: v.get("/api/requests/" + escapePart(request)), Repeat: adapter.RepeatSafe}
}

// escapePart escapes a text as one part of a path, as CVAT's own client does: '=' and '&' too.
func escapePart(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// hopeless are the failures that CVAT names no image for and that come again with the same images.
var hopeless = []string{"No media data found", "Only one ", "Could not combine"} //nolint:gochecknoglobals // constant

// blame refuses the images that CVAT could not fetch, and returns the others. CVAT names the first such image by its URL.
// Where it names none it may be a worker that died, and the images get one more task; then all are refused.
func (t *task) blame() (left []image, err error) {
	message := t.kept("fetch", keptMessage)
	named, length := -1, 0
	for n, i := range t.images {
		if len(i.url) > length && strings.Contains(message, i.url) { // one URL can begin with another
			named, length = n, len(i.url)
		}
	}
	if named >= 0 {
		left = slices.Delete(slices.Clone(t.images), named, named+1)
		return left, t.refuse(t.images[named], "CVAT could not fetch its image: "+brief(message))
	}
	again := strings.Contains(t.id, tryMark)
	if !again && !slices.ContainsFunc(hopeless, func(text string) bool { return strings.Contains(message, text) }) {
		return t.images, nil
	}
	for _, i := range t.images {
		if err := t.refuse(i, "CVAT could not fetch the images of its task: "+brief(message)); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// brief is a message fit for a reason.
func brief(message string) string { return cutTo(message, sayAtMost) }
