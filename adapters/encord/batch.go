package encord

import (
	"encoding/json"
	"fmt"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// batch makes new tasks: images are registered in the folder by upload jobs, linked to the dataset when these have ended, and
// so become tasks of the project. With labels, their label rows are started and filled before anybody else does.
func (p *plan) batch() (more bool, err error) {
	if waiting, err := p.waitForJobs(); err != nil || waiting {
		return waiting, err
	}
	for _, phase := range []func() error{p.uploads, p.readOntology, p.jobs, p.finds, p.links, p.tasks, p.starts} {
		if err := phase(); err != nil || p.pending {
			return p.pending, err
		}
	}
	if err := p.saves(); err != nil {
		return false, err
	}
	return false, p.priorities()
}

// image is one image of an upload job, as the client's DataUploadImage writes it.
type image struct {
	ObjectURL        string         `json:"objectUrl"`
	Title            string         `json:"title"`
	ClientMetadata   map[string]any `json:"clientMetadata"`
	ExternalFileType string         `json:"externalFileType"`
}

// uploadItems are the client's DataUploadItems: every kind of file is there, most of them empty.
type uploadItems struct {
	Videos              []struct{} `json:"videos"`
	ImageGroups         []struct{} `json:"imageGroups"`
	DicomSeries         []struct{} `json:"dicomSeries"`
	Images              []image    `json:"images"`
	ImageGroupsFromItem []struct{} `json:"imageGroupsFromItems"`
	Audio               []struct{} `json:"audio"`
	TimeSeries          []struct{} `json:"timeSeries"`
	Nifti               []struct{} `json:"nifti"`
	Text                []struct{} `json:"text"`
	PDF                 []struct{} `json:"pdf"`
	Scenes              []struct{} `json:"scenes"`
	SkipDuplicateURLs   bool       `json:"skipDuplicateUrls"`
	UpsertMetadata      bool       `json:"upsertMetadata"`
}

// uploads emits upload jobs, and reads the project where labels need to know it. A file whose URL is in the folder already is
// not added again, which is what makes a repeat safe. The last job is marked.
func (p *plan) uploads() error {
	var images []image
	err := p.each(p.out, func(f *frame, s *export.Subject, _ adapter.Prepared) error {
		if len(images) == bundle {
			if err := p.upload(images); err != nil {
				return err
			}
			images = nil
		}
		f.upload, f.place = len(p.frames)/bundle+1, len(p.frames)%bundle
		p.frames = append(p.frames, f)
		images = append(images, image{f.url, f.id, p.metadata(f, s), "IMAGE"})
		return nil
	})
	if err != nil || len(images) == 0 {
		return err
	}
	if err := p.upload(images, lastUpload); err != nil || !p.options.Labels {
		return err
	}
	return p.readProject()
}

// lastUpload marks the last upload job, in Refs.
const lastUpload = "last"

func (p *plan) upload(images []image, marks ...string) error {
	items := emptyUpload()
	items.Images, items.SkipDuplicateURLs, items.UpsertMetadata = images, true, p.options.UpsertMetadata
	call, err := adapter.RESTCall(p.out, "POST", p.folderPath("/data-upload-jobs"), struct {
		DataItems       uploadItems `json:"dataItems"`
		IntegrationHash string      `json:"integrationHash,omitempty"`
		IgnoreErrors    bool        `json:"ignoreErrors"`
	}{items, p.options.Integration, true})
	if err != nil {
		return err
	}
	number := p.frames[len(p.frames)-1].upload
	return p.emit(adapter.Step{ID: adapter.StepID(stepUpload, number), Call: call, Refs: marks, Repeat: adapter.RepeatKeyed})
}

func emptyUpload() uploadItems {
	none := []struct{}{}
	return uploadItems{
		Videos: none, ImageGroups: none, DicomSeries: none, ImageGroupsFromItem: none, Audio: none, TimeSeries: none, Nifti: none,
		Text: none, PDF: none, Scenes: none,
	}
}

// metadata is the item's: the key made of delivery and frame first of all.
func (p *plan) metadata(f *frame, s *export.Subject) map[string]any {
	data := map[string]any{metadataKey: p.key(f), "frame_id": string(f.item), "project": p.in.Event.Project}
	for name, value := range map[string]string{
		"issue": p.in.Event.Issue.Name, "issue_id": p.in.Event.Issue.ID, "dataset": s.Element.Dataset, "inference_set": s.Element.InferenceSet,
	} {
		if value != "" {
			data[name] = value
		}
	}
	return data
}

// metadataKey is the name of the key in an item's metadata.
const metadataKey = "labelgate_key"

// keyLimit bounds a key; what fits is readable.
const keyLimit = 128

func (p *plan) key(f *frame) string { return adapter.ItemKey(p.in.Key, f.item, keyLimit) }

// pollSeconds is how long Encord is asked to hold an answer back while a job is not done; the client says 7 days.
const pollSeconds = "15"

// waitForJobs emits the upload jobs' reads alone while all is uploaded and some job is not known to have ended: asking once more
// need not read the event again. waiting is false when there is more to do than that.
func (p *plan) waitForJobs() (waiting bool, err error) {
	last, ended := 0, true
	for n := 1; p.in.Done(adapter.StepID(stepUpload, n)); n++ {
		ended = ended && p.in.Done(adapter.StepID(stepJob, n))
		if p.in.Kept(adapter.StepID(stepUpload, n), keptLast) != "" {
			last = n
		}
	}
	if ended || last == 0 || p.options.Labels && !p.in.Done(stepOntology) {
		return false, nil
	}
	for n := 1; n <= last; n++ {
		if err := p.readJob(n); err != nil {
			return false, err
		}
	}
	return true, nil
}

// readJob reads an upload job's state, once it has ended.
func (p *plan) readJob(n int) error {
	path := p.folderPath("/data-upload-jobs/" + p.in.Kept(adapter.StepID(stepUpload, n), keptJob))
	return p.emit(adapter.Step{
		ID: adapter.StepID(stepJob, n), Repeat: adapter.RepeatSafe,
		Call: adapter.Call{Method: "GET", Path: path + "?" + query("timeoutSeconds", pollSeconds)},
	})
}

// jobs waits for the upload jobs, and takes over what they have made. Files that Encord could not take are refused.
func (p *plan) jobs() error {
	err := p.eachUpload(func(n int, _ []*frame) error { return p.readJob(n) })
	if err != nil || p.pending {
		return err
	}
	failed := map[string]string{}
	err = p.eachUpload(func(n int, chunk []*frame) error {
		id := adapter.StepID(stepJob, n)
		var made map[string]string
		_ = json.Unmarshal([]byte(p.in.Kept(id, keptItems)), &made) // Judge wrote it, as below
		for _, f := range chunk {
			if f.uuid = made[f.id]; f.uuid == "" {
				f.uuid = nothing
			}
		}
		var errs []unitError
		_ = json.Unmarshal([]byte(p.in.Kept(id, keptErrors)), &errs)
		for _, e := range errs {
			failed[e.URL] = e.Error
		}
		return nil
	})
	if err != nil {
		return err
	}
	return p.keep(func(f *frame) string {
		if why, bad := failed[f.url]; bad && f.uuid == nothing {
			return "Encord could not take the image: " + why
		}
		return ""
	})
}

// eachUpload hands over the frames of each upload job.
func (p *plan) eachUpload(take func(n int, chunk []*frame) error) error {
	for from := 0; from < len(p.frames); {
		to := from
		for to < len(p.frames) && p.frames[to].upload == p.frames[from].upload {
			to++
		}
		if err := take(p.frames[from].upload, p.frames[from:to]); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// finds looks for the items of those frames that their job has not added, because their URLs were in the folder: by an earlier
// delivery, or by a job of this one whose answer was lost.
func (p *plan) finds() error {
	lookups := map[*frame]lookup{}
	var inOrder []lookup
	for _, f := range p.frames {
		if f.uuid != nothing {
			continue
		}
		l := lookup{
			id: adapter.StepID(stepFind, (f.upload-1)*bundle+f.place+1), path: p.folderPath("/items"), refs: []string{f.url, p.key(f)},
			params: []string{
				"search", f.id, "isRecursive", "False", "order", "name", "desc", "False", "pageSize", "1000", "signUrls", "False",
				"includeClientMetadata", "True", "clientMetadataAsSignedUrl", "False",
			},
		}
		lookups[f], inOrder = l, append(inOrder, l)
	}
	if err := p.readPages(inOrder); err != nil || p.pending {
		return err
	}
	for f, l := range lookups {
		for _, uuid := range p.keptOfPages(l, keptItem) {
			f.uuid = uuid
		}
	}
	return p.keep(lacksItem(p.frames))
}

// lacksItem says why a frame has no item of its own.
func lacksItem(frames []*frame) func(*frame) string {
	first := make(map[string]*frame, len(frames))
	for _, f := range frames {
		if _, taken := first[f.uuid]; !taken {
			first[f.uuid] = f
		}
	}
	return func(f *frame) string {
		switch {
		case f.uuid == nothing:
			return fmt.Sprintf("Encord has added no item, and the folder has none that is called %q with this image", f.id)
		case first[f.uuid] != f:
			return fmt.Sprintf("has the same image as frame %q", first[f.uuid].item)
		default:
			return ""
		}
	}
}

// links links the items to the dataset, which settles the frames: the project makes their tasks by itself. Items that are
// linked already are skipped, so that it can be repeated.
func (p *plan) links() error {
	err := p.eachUpload(func(n int, chunk []*frame) error {
		uuids := texts(chunk, func(f *frame) string { return f.uuid })
		call, err := legacyCall(p.out, p.dataset(), "datasetlinkitems POST", p.options.Dataset, struct {
			ItemUUIDs  []string `json:"item_uuids"`
			Duplicates string   `json:"duplicates_behavior"`
		}{uuids, "SKIP"})
		if err != nil {
			return err
		}
		id := adapter.StepID(stepLink, n)
		for i, data := range fields(p.in.Kept(id, keptData), len(chunk)) {
			chunk[i].data = data
		}
		return p.emit(adapter.Step{ID: id, Call: call, Items: items(chunk), Refs: uuids, Repeat: adapter.RepeatKeyed})
	})
	if _, priority := p.options.priority(); err == nil && !priority && !p.options.Labels {
		p.frames = nil // there is nothing more to do with them
	}
	return err
}

// tasks waits until the project has the tasks. What was linked before came back without a data hash, and is looked for by its
// title and the item behind it.
func (p *plan) tasks() error {
	var known []*frame
	for _, f := range p.frames {
		if f.data != nothing {
			known = append(known, f)
			continue
		}
		id := adapter.StepID(stepTaskOf, (f.upload-1)*bundle+f.place+1)
		call, err := p.rowsCall(matchTitle, []string{f.id})
		if err != nil {
			return err
		}
		if err := p.emit(adapter.Step{ID: id, Call: call, Refs: []string{f.id, f.uuid}, Repeat: adapter.RepeatSafe}); err != nil {
			return err
		}
		f.found(p.in.Kept(id, keptRows))
	}
	return eachChunk(known, bundle, func(n int, chunk []*frame) error {
		id, hashes := adapter.StepID(stepTask, n), texts(chunk, dataOf)
		call, err := p.rowsCall(matchDataHash, hashes)
		if err != nil {
			return err
		}
		for i, found := range fields(p.in.Kept(id, keptRows), len(chunk)) {
			chunk[i].found(found)
		}
		return p.emit(adapter.Step{ID: id, Call: call, Refs: hashes, Repeat: adapter.RepeatSafe})
	})
}
