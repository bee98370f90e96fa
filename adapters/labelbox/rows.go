package labelbox

import (
	"encoding/json"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// The steps by which data rows are made, and what they keep.
const (
	stepUser     = "user"     // who is asked about tasks; keeps keptID
	stepUpload   = "upload"   // /0001..: files of data rows; keep keptURL
	stepManifest = "manifest" // the list of these files; keeps keptURL
	stepUpsert   = "upsert"   // makes the data rows; keeps keptID of the task
	stepUpserted = "upserted" // waits for the task
	stepRefused  = "refused"  // /0001..: pages of data rows that were refused; keep keptRefused and keptAfter
	stepLookUp   = "look-up"  // /0001..: starts to look for ids by global keys; keep keptID of the job
	stepFound    = "found"    // /0001..: waits for the job; keep keptIDs

	keptID      = "id"
	keptURL     = "url"
	keptIDs     = "ids"     // in the order asked for, separated by commas, empty where there is none
	keptRefused = "refused" // JSON: the reason by global key
	keptAfter   = "after"   // the cursor of the next page
)

// The sizes of what is sent at once.
const (
	keyLimit   = 200  // a global key's length (docs.labelbox.com/docs/limits)
	chunkRows  = 5000 // data rows in a file and in a look-up; the client's pages of results are as large
	chunkBytes = 4 << 20
	pageRows   = 5000 // refused rows in a page (datarow_upload_constants.py)
)

// rowItem is a new data row as the files of an upload have it.
type rowItem struct {
	ID      rowID      `json:"id"`
	Payload rowPayload `json:"payload"`
}

type rowID struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

type rowPayload struct {
	RowData    string `json:"row_data"`
	GlobalKey  string `json:"global_key"`
	ExternalID string `json:"external_id"`
	DatasetID  string `json:"dataset_id"`
}

// newRows uploads a data row for each frame, in files, and keeps the frames' names.
func (p *plan) newRows() (ready bool, err error) {
	u := uploading{plan: p, ready: true}
	err = adapter.EachSubject(p.in, p.out, p.fields(), func(s *export.Subject) error {
		image, ok, err := p.image(s)
		if err != nil || !ok {
			return err
		}
		key := adapter.ItemKey(p.in.Key, s.Item(), keyLimit)
		p.rows = append(p.rows, row{item: s.Item(), index: s.Elements[0].Index, element: s.Elements[0].ID, key: key})
		return u.add(rowItem{rowID{Type: "AUTO"}, rowPayload{image, key, s.Element.FrameID, p.options.Dataset}})
	})
	if err == nil {
		err = u.flush()
	}
	if err == nil && len(p.rows) == 0 {
		err = errNothing
	}
	if err != nil {
		return false, err
	}
	step, err := p.read(stepUser, userDocument, struct{}{})
	if err != nil {
		return false, err
	}
	done, err := p.emit(step)
	return done && u.ready, err
}

// fields are the parts of elements that are read.
func (p *plan) fields() export.Fields {
	if p.options.PreLabels {
		return adapter.AnnotationFields
	}
	return export.FieldSensors
}

// image is the picture of a frame. Frames that cannot be sent are refused; with pre-labels also those that have a label
// which may not be left out, so that nothing goes to the vendor half.
func (p *plan) image(s *export.Subject) (url string, ok bool, err error) {
	image, there := s.Element.Frame.Image()
	switch {
	case !there:
		return "", false, adapter.RefuseSubject(p.out, s, "no image_url")
	case strings.HasPrefix(image.URL, "s3:"): // the client refuses it too (descriptor_file_creator.py, validate_keys)
		return "", false, adapter.RefuseSubject(p.out, s, "image_url begins with s3:; the vendor reads it by https")
	case p.options.PreLabels:
		ok, err = p.prepare(s)
		return image.URL, ok, err
	default:
		return image.URL, true, nil
	}
}

// prepare looks at a frame's labels as well, and says what becomes of them.
func (p *plan) prepare(s *export.Subject) (ok bool, err error) {
	ready, ok, err := p.annotator.Prepare(s, p.out)
	if err != nil || !ok {
		return false, err
	}
	for _, a := range ready.Annotations {
		if err := p.remark(s, a); err != nil {
			return false, err
		}
	}
	return true, nil
}

// uploading gathers data rows into files and uploads them.
type uploading struct {
	*plan
	chunk strings.Builder
	count int // rows in the chunk
	files int
	ready bool
}

func (u *uploading) add(item rowItem) error {
	text, err := json.Marshal(item)
	if err != nil {
		return err
	}
	if u.count == chunkRows || u.count > 0 && u.chunk.Len()+len(text) > chunkBytes {
		if err := u.flush(); err != nil {
			return err
		}
	}
	if u.count == 0 {
		u.chunk.WriteByte('[')
	} else {
		u.chunk.WriteByte(',')
	}
	u.chunk.Write(text)
	u.count++
	return nil
}

func (u *uploading) flush() error {
	if u.count == 0 {
		return nil
	}
	u.chunk.WriteByte(']')
	u.files++
	step, err := u.upload(adapter.StepID(stepUpload, u.files), "json_import.json", u.chunk.String())
	if err != nil {
		return err
	}
	u.chunk.Reset()
	u.count = 0
	done, err := u.emit(step)
	u.ready = u.ready && done
	return err
}

// manifest lists the files of an upsert.
type manifest struct {
	Source    string   `json:"source"`
	ItemCount int      `json:"item_count"`
	ChunkURIs []string `json:"chunk_uris"`
}

// list uploads the list of the files.
func (p *plan) list() (ready bool, err error) {
	list := manifest{Source: "SDK", ItemCount: len(p.rows)}
	for n := 1; p.in.Done(adapter.StepID(stepUpload, n)); n++ {
		list.ChunkURIs = append(list.ChunkURIs, p.in.Kept(adapter.StepID(stepUpload, n), keptURL))
	}
	text, err := json.Marshal(list)
	if err != nil {
		return false, err
	}
	step, err := p.upload(stepManifest, "manifest.json", string(text))
	if err != nil {
		return false, err
	}
	return p.emit(step)
}

// upsert has the data rows made of the files. A repeat makes none again: their global keys are taken then.
func (p *plan) upsert() (ready bool, err error) {
	step, err := p.read(stepUpsert, upsertDocument, struct {
		ManifestURI string `json:"manifestUri"`
	}{p.in.Kept(stepManifest, keptURL)})
	if err != nil {
		return false, err
	}
	step.Repeat = adapter.RepeatKeyed
	return p.emit(step)
}

// upserted waits until the data rows are made.
func (p *plan) upserted() (ready bool, err error) {
	step, err := p.poll(stepUpserted, p.in.Kept(stepUpsert, keptID))
	if err != nil {
		return false, err
	}
	return p.emit(step)
}

// pageVariables are those of a page of refused rows.
type pageVariables struct {
	TaskID string  `json:"taskId"`
	First  int     `json:"first"`
	From   *string `json:"from"`
}

// refusedRows reads which data rows were refused, page by page. Those whose global key was taken are there: an earlier try
// has made them.
func (p *plan) refusedRows() (ready bool, err error) {
	reasons := map[string]string{}
	var from *string
	for n := 1; ; n++ {
		id := adapter.StepID(stepRefused, n)
		step, err := p.read(id, failedRowsDocument, pageVariables{p.in.Kept(stepUpsert, keptID), pageRows, from})
		if err != nil {
			return false, err
		}
		if done, err := p.emit(step); err != nil || !done {
			return false, err
		}
		if err := json.Unmarshal([]byte(p.in.Kept(id, keptRefused)), &reasons); err != nil {
			return false, err
		}
		after := p.in.Kept(id, keptAfter)
		if after == "" {
			break
		}
		from = &after
	}
	return true, p.drop(func(r row) string { return reasons[r.key] })
}

// looksUp reports whether the ids of data rows are to be found by their global keys.
func (p *plan) looksUp() bool { return p.options.Mode == modeBatch || p.options.IDType == byGlobalKey }

// lookUp starts to find the ids of the data rows: it is a job of the vendor's.
func (p *plan) lookUp() (ready bool, err error) {
	if !p.looksUp() {
		return true, nil
	}
	return chunks(p.rows, chunkRows, func(n int, rows []row) (bool, error) {
		keys := make([]string, len(rows))
		for i, r := range rows {
			keys[i] = r.key
		}
		step, err := p.read(adapter.StepID(stepLookUp, n), lookUpDocument, struct {
			GlobalKeys []string `json:"globalKeys"`
		}{keys})
		if err != nil {
			return false, err
		}
		return p.emit(step)
	})
}

// found waits for the ids, and refuses the rows that the vendor does not have.
func (p *plan) found() (ready bool, err error) {
	if !p.looksUp() {
		return true, nil
	}
	ready, err = chunks(p.rows, chunkRows, func(n int, rows []row) (bool, error) {
		step, err := p.read(adapter.StepID(stepFound, n), lookedUpDocument, struct {
			JobID string `json:"jobId"`
		}{p.in.Kept(adapter.StepID(stepLookUp, n), keptID)})
		if err != nil {
			return false, err
		}
		for i, id := range strings.Split(p.in.Kept(step.ID, keptIDs), ",") {
			if i < len(rows) {
				rows[i].id = id // the chunk is a part of p.rows
			}
		}
		return p.emit(step)
	})
	if err != nil || !ready {
		return false, err
	}
	return true, p.drop(func(r row) string {
		if r.id == "" {
			return "the vendor has no data row with the global key " + r.key
		}
		return ""
	})
}
