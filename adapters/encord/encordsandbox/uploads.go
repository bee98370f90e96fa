package encordsandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// upload is one image of an upload job.
type upload struct {
	ObjectURL        string         `json:"objectUrl"`
	Title            string         `json:"title"`
	ClientMetadata   map[string]any `json:"clientMetadata"`
	ExternalFileType string         `json:"externalFileType"`
	ImageMetadata    *struct {
		MimeType string `json:"mimeType"`
		FileSize int64  `json:"fileSize"`
		Height   int    `json:"height"`
		Width    int    `json:"width"`
	} `json:"imageMetadata"`
	PlaceholderItemUUID string `json:"placeholderItemUuid"`
}

// name is the item's: its title, else the file's name.
func (u upload) name() string {
	if u.Title != "" {
		return u.Title
	}
	return path.Base(u.ObjectURL)
}

// problem says why Encord cannot fetch the file; empty when it can. A path with /missing/ in it plays a file that is not
// there.
func (u upload) problem() string {
	scheme, rest, ok := strings.Cut(u.ObjectURL, "://")
	switch {
	case !ok || !contains([]string{"https", "http", "s3", "gs"}, scheme):
		return "Unsupported object URL"
	case strings.Contains(rest, "/missing/"):
		return "Object not found: 404"
	default:
		return ""
	}
}

// uploadItems are the client's DataUploadItems; of these the stand-in plays images.
type uploadItems struct {
	Videos              []json.RawMessage `json:"videos"`
	ImageGroups         []json.RawMessage `json:"imageGroups"`
	DicomSeries         []json.RawMessage `json:"dicomSeries"`
	Images              []upload          `json:"images"`
	ImageGroupsFromItem []json.RawMessage `json:"imageGroupsFromItems"`
	Audio               []json.RawMessage `json:"audio"`
	TimeSeries          []json.RawMessage `json:"timeSeries"`
	Nifti               []json.RawMessage `json:"nifti"`
	Text                []json.RawMessage `json:"text"`
	PDF                 []json.RawMessage `json:"pdf"`
	Scenes              []json.RawMessage `json:"scenes"`
	SkipDuplicateURLs   bool              `json:"skipDuplicateUrls"`
	UpsertMetadata      bool              `json:"upsertMetadata"`
}

func (u uploadItems) check() error {
	others := len(u.Videos) + len(u.ImageGroups) + len(u.DicomSeries) + len(u.ImageGroupsFromItem) + len(u.Audio) +
		len(u.TimeSeries) + len(u.Nifti) + len(u.Text) + len(u.PDF) + len(u.Scenes)
	switch {
	case others > 0:
		return errors.New("this stand-in plays images only")
	case len(u.Images) == 0:
		return errors.New("dataItems is empty")
	}
	for i, image := range u.Images {
		if image.ObjectURL == "" || image.ExternalFileType != "IMAGE" {
			return fmt.Errorf("dataItems.images[%d] needs an objectUrl and the externalFileType IMAGE", i)
		}
	}
	return nil
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$`)

func (a *api) startUpload(c *call) {
	var params struct {
		DataItems       *uploadItems `json:"dataItems"`
		IntegrationHash *string      `json:"integrationHash"`
		IgnoreErrors    bool         `json:"ignoreErrors"`
		FileName        string       `json:"fileName"`
	}
	if !a.folder(c) || !c.query() || !c.read(&params) {
		return
	}
	if params.DataItems == nil {
		fail(c, http.StatusUnprocessableEntity, "dataItems is missing; this stand-in does not play externalFiles")
		return
	}
	if params.IntegrationHash != nil && !uuidForm.MatchString(*params.IntegrationHash) {
		fail(c, http.StatusUnprocessableEntity, "integrationHash is not a UUID")
		return
	}
	if err := params.DataItems.check(); err != nil {
		fail(c, http.StatusBadRequest, err.Error())
		return
	}
	j := &job{uuid: a.world.id("70b00000"), items: *params.DataItems, ignoreErrors: params.IgnoreErrors, turns: 2}
	a.world.jobs = append(a.world.jobs, j)
	c.effect("upload job %s started: %d images", j.uuid, len(j.items.Images))
	c.answer(j.uuid)
}

// job is an upload job. It is done a few requests after it was started, asked for or not.
type job struct {
	uuid         string
	items        uploadItems
	ignoreErrors bool
	turns        int

	done       bool
	added      []*item
	unitErrors []map[string]any
}

func (j *job) turn(w *world) {
	if j.done {
		return
	}
	if j.turns--; j.turns > 0 {
		return
	}
	j.done = true
	for _, u := range j.items.Images {
		if problem := u.problem(); problem != "" {
			j.unitErrors = append(j.unitErrors, map[string]any{
				"objectUrls": []string{u.ObjectURL}, "error": problem, "subtaskUuid": w.id("5b7a5000"), "actionDescription": "Uploading image",
			})
			continue
		}
		j.add(w, u)
	}
}

func (j *job) add(w *world, u upload) {
	if old := w.itemBy(func(it *item) bool { return it.URL == u.ObjectURL }); old != nil {
		if j.items.SkipDuplicateURLs {
			if j.items.UpsertMetadata {
				old.Metadata = u.ClientMetadata
			}
			return
		}
		w.twice++
	}
	j.added = append(j.added, w.addItem(u))
}

func (a *api) getUpload(c *call) {
	if !a.folder(c) || !c.query("timeoutSeconds") {
		return
	}
	if text := c.request.URL.Query().Get("timeoutSeconds"); text != "" {
		if _, err := strconv.ParseUint(text, 10, 31); err != nil {
			fail(c, http.StatusUnprocessableEntity, "timeoutSeconds is not a number of seconds")
			return
		}
	}
	for _, j := range a.world.jobs {
		if j.uuid == c.request.PathValue("job") {
			sandbox.WriteJSON(c.ResponseWriter, http.StatusOK, j.state())
			return
		}
	}
	fail(c, http.StatusNotFound, "upload job not found")
}

// state lists what the job has added. Files that were in the folder before are not among it.
func (j *job) state() map[string]any {
	items, problems, failed := []any{}, []string{}, j.unitErrors
	for _, it := range j.added {
		items = append(items, map[string]any{"itemUuid": it.UUID, "name": it.Name})
	}
	if failed == nil {
		failed = []map[string]any{}
	}
	status, pending := "PENDING", len(j.items.Images)
	if j.done {
		status, pending = "DONE", 0
		if len(failed) > 0 && !j.ignoreErrors {
			status, problems = "ERROR", []string{fmt.Sprintf("%d files could not be added", len(failed))}
		}
	}
	return map[string]any{
		"status": status, "itemsWithNames": items, "errors": problems, "unitErrors": failed, "unitsPendingCount": pending,
		"unitsDoneCount": len(j.items.Images) - pending - len(failed), "unitsErrorCount": len(failed), "unitsCancelledCount": 0,
	}
}
