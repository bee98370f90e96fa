package cvatsandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// dataWrite is the document's DataRequest.
type dataWrite struct {
	ChunkSize    *int        `json:"chunk_size"`
	Quality      *int        `json:"image_quality"`
	Start        *int        `json:"start_frame"`
	Stop         *int        `json:"stop_frame"`
	Filter       *string     `json:"frame_filter"`
	ServerFiles  *[]string   `json:"server_files"`
	RemoteFiles  *[]string   `json:"remote_files"`
	ZipChunks    *bool       `json:"use_zip_chunks"`
	Cache        *bool       `json:"use_cache"`
	Copy         *bool       `json:"copy_data"`
	CloudStorage *int        `json:"cloud_storage_id"`
	Method       *string     `json:"storage_method"`
	Sorting      *string     `json:"sorting_method"`
	Mapping      *[][]string `json:"job_file_mapping"`
}

// maxURL is the longest URL in letters, the width of CVAT's column.
const maxURL = 1024

var sortings = []string{"lexicographical", "natural", "predefined", "random"} //nolint:gochecknoglobals // constant

// attach begins the background request that fetches a task's images. It can be begun once for a task that gets images by it;
// and as CVAT keeps the URLs of an attempt that failed, they cannot be attached to that task again.
func (c *call) attach(t *task) *problem {
	var body dataWrite
	if err := c.queries(); err != nil {
		return err
	}
	if err := c.read(&body, "chunk_size", "cloud_storage_id"); err != nil {
		return err
	}
	if len(t.frames) > 0 {
		return bare(http.StatusBadRequest, "Adding more data is not supported")
	}
	if r := c.requestOf(t); r != nil && !r.ended() {
		return bare(http.StatusConflict, "Request is being processed")
	}
	if err := checkData(body); err != nil {
		return err
	}
	for _, u := range *body.RemoteFiles {
		if slices.Contains(t.remote, u) { // the column pair is unique: CVAT answers 500, issue 8201
			return detail(http.StatusInternalServerError, "duplicate key value violates unique constraint \"engine_remotefile_data_id_file_uniq\"")
		}
		t.remote = append(t.remote, u)
	}
	t.quality = *body.Quality
	r := &request{id: "action=create&target=task&target_id=" + strconv.Itoa(t.id), task: t, body: body, created: c.now()}
	c.requestList = append(slices.DeleteFunc(c.requestList, func(o *request) bool { return o.id == r.id }), r)
	sandbox.Effect(c.w, "task %d: %d images are to be fetched", t.id, len(*body.RemoteFiles))
	return c.reply(http.StatusAccepted, object{"rq_id": r.id})
}

func checkData(b dataWrite) *problem {
	switch {
	case b.Quality == nil:
		return field("image_quality", required)
	case *b.Quality < 1 || *b.Quality > 100:
		return field("image_quality", "Ensure this value is from 1 to 100.")
	case b.Sorting != nil && !slices.Contains(sortings, *b.Sorting):
		return field("sorting_method", "\"%s\" is not a valid choice.", *b.Sorting)
	case b.ChunkSize != nil && *b.ChunkSize <= 0:
		return field("chunk_size", "Chunk size must be a positive integer")
	case b.ServerFiles != nil && len(*b.ServerFiles) > 0:
		return field("server_files", "This stand-in has no share.")
	case b.RemoteFiles == nil || len(*b.RemoteFiles) == 0:
		return invalid("No media data found")
	}
	for _, u := range *b.RemoteFiles {
		if u == "" || utf8.RuneCountInString(u) > maxURL {
			return field("remote_files", "Ensure this field has 1 to %d characters.", maxURL)
		}
	}
	return nil
}

// meta tells the frames of a task or job. A frame's number is its place in the task.
func (c *call) meta(t *task, frames []frame) *problem {
	if len(t.frames) == 0 {
		return bare(http.StatusBadRequest, "No media data found in task "+strconv.Itoa(t.id))
	}
	list := []any{}
	for _, f := range frames {
		list = append(list, object{"name": f.name, "width": f.width, "height": f.height, "related_files": 0, "has_related_context": false})
	}
	return c.reply(http.StatusOK, object{
		"chunk_size": 36, "size": len(t.frames), "image_quality": t.quality, "start_frame": 0, "stop_frame": len(t.frames) - 1,
		"frame_filter": "", "frames": list, "deleted_frames": []int{}, "included_frames": nil, "chunks_updated_date": t.created,
		"storage": "local", "cloud_storage_id": nil, "chapters": nil,
	})
}

// fetch is what the background request does: it fetches one URL after the other and makes frames and jobs, or fails whole.
// A URL with the folder "missing" in it cannot be fetched, one with "internal" is refused by the proxy.
func (s *store) fetch(r *request) error {
	var names []string
	sizes := map[string]frame{}
	for _, raw := range *r.body.RemoteFiles {
		f, err := fetchOne(raw)
		if err != nil {
			return err
		}
		if _, taken := sizes[f.name]; taken {
			return fmt.Errorf("filename collision: %s", f.name)
		}
		sizes[f.name] = f
		names = append(names, f.name)
	}
	names, err := images(names)
	if err != nil {
		return err
	}
	if text(r.body.Sorting) != "predefined" {
		slices.Sort(names)
	}
	if r.body.Mapping != nil && r.body.Sorting != nil && *r.body.Sorting != "lexicographical" {
		return fmt.Errorf("job_file_mapping cannot be used with sorting_method")
	}
	for _, name := range names {
		r.task.frames = append(r.task.frames, sizes[name])
	}
	s.makeJobs(r.task, r.body.Mapping)
	return nil
}

// fetchOne gives an image the name that CVAT gives it: the last part of the URL's path, unescaped, without query,
// fragment and what follows a semicolon (Python's urlparse and url2pathname).
func fetchOne(raw string) (frame, error) {
	u := raw
	if i := strings.IndexAny(u, "?#"); i >= 0 {
		u = u[:i]
	}
	scheme, rest, _ := strings.Cut(u, "://")
	if scheme != "http" && scheme != "https" {
		return frame{}, fmt.Errorf("Unsupported URL scheme: %s. Only http and https are supported", scheme) //nolint:staticcheck // the vendor's text
	}
	_, where, _ := strings.Cut(rest, "/")
	last, _, _ := strings.Cut(where[strings.LastIndex(where, "/")+1:], ";")
	name, err := url.PathUnescape(last)
	if err != nil {
		name = last
	}
	name = path.Base("/" + name)
	switch {
	case name == "/":
		return frame{}, fmt.Errorf("[Errno 21] Is a directory: '/data/raw/'")
	case strings.Contains("/"+where, "/missing/"):
		return frame{}, fmt.Errorf("Failed to download %s; HTTP error 404", raw) //nolint:staticcheck // the vendor's text
	case strings.Contains("/"+where, "/internal/"):
		return frame{}, fmt.Errorf("Failed to download %s; likely attempt to access internal host", raw) //nolint:staticcheck // the vendor's text
	}
	width, height := size(raw)
	return frame{name: name, width: width, height: height}, nil
}

// The size that a picture has where its URL does not say: that of the sandbox's own pictures.
const (
	pictureWidth  = 1280
	pictureHeight = 720
)

// size reads ?w=640&h=480 of a URL, as the sandbox's own pictures do.
func size(raw string) (width, height int) {
	width, height = pictureWidth, pictureHeight
	u, err := url.Parse(raw)
	if err != nil {
		return width, height
	}
	if n := atoi(u.Query().Get("w")); n > 0 {
		width = n
	}
	if n := atoi(u.Query().Get("h")); n > 0 {
		height = n
	}
	return width, height
}

var (
	pictureEndings = []string{".jpg", ".jpeg", ".jpe", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".ico"} //nolint:gochecknoglobals // constant
	otherEndings   = []string{".mp4", ".avi", ".mov", ".mkv", ".webm", ".zip", ".tar", ".pdf"}                                   //nolint:gochecknoglobals // constant
)

// images keeps the names that CVAT takes for images, by their ending; names it does not know are left out without a word.
func images(names []string) ([]string, error) {
	var kept []string
	others := 0
	for _, name := range names {
		switch ending := strings.ToLower(path.Ext(name)); {
		case slices.Contains(pictureEndings, ending):
			kept = append(kept, name)
		case slices.Contains(otherEndings, ending):
			others++
		}
	}
	switch {
	case others > 0:
		return nil, fmt.Errorf("Only one video, archive, pdf or many image, zip can be used simultaneously, but %d image(s), %d other(s) found.", len(kept), others) //nolint:revive,staticcheck // the vendor's text
	case len(kept) == 0:
		return nil, fmt.Errorf("No media data found") //nolint:staticcheck // the vendor's text
	}
	return kept, nil
}

// makeJobs cuts a task's frames into jobs: by the mapping, by the segment size with its overlap, or one job of all.
func (s *store) makeJobs(t *task, mapping *[][]string) {
	if mapping != nil {
		from := 0
		for _, files := range *mapping {
			s.makeJob(t, from, from+len(files)-1)
			from += len(files)
		}
		return
	}
	size, total := t.segmentSize, len(t.frames)
	if size == 0 || size > total {
		size = total
	}
	t.segmentSize = size
	step := size
	if t.overlap != nil {
		step -= min(*t.overlap, size/2)
	}
	for from := 0; ; from += step {
		s.makeJob(t, from, min(from+size, total)-1)
		if from+size >= total {
			return
		}
	}
}

func (s *store) makeJob(t *task, start, stop int) {
	s.ids.job++
	t.jobs = append(t.jobs, &job{id: s.ids.job, task: t, start: start, stop: stop, stage: "annotation", state: "new"})
}
