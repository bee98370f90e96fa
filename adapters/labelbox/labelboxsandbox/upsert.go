package labelboxsandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// manifest is what upsertDataRows is pointed to (labelbox/schema/internal/data_row_uploader.py).
type manifest struct {
	Source    string   `json:"source"`
	ItemCount int      `json:"item_count"`
	ChunkURIs []string `json:"chunk_uris"`
}

// rowItem is an entry of a chunk.
type rowItem struct {
	ID struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	} `json:"id"`
	Payload rowPayload `json:"payload"`
}

// rowPayload is what the client lets through (descriptor_file_creator.py, validate_keys).
type rowPayload struct {
	RowData        *string           `json:"row_data"`
	GlobalKey      *string           `json:"global_key"`
	ExternalID     *string           `json:"external_id"`
	DatasetID      string            `json:"dataset_id"`
	MediaType      *string           `json:"media_type"`
	MetadataFields []json.RawMessage `json:"metadata_fields"`
	Attachments    []attachment      `json:"attachments"`
	Embeddings     []json.RawMessage `json:"embeddings"`
}

type attachment struct {
	Type  *string `json:"type"`
	Value *string `json:"value"`
	Name  *string `json:"name"`
}

// The vendor's limits of an upsert: a global key's length (docs.labelbox.com/docs/limits), and a chunk's size, which the
// client halves its chunks to.
const (
	longestKey   = 200
	largestChunk = 10_000_000
)

// UpsertDataRows starts the upsert that a manifest describes.
func (m plainMutation) UpsertDataRows(args struct{ Data struct{ ManifestUri string } }) (taskNode, error) {
	items, err := m.a.store.readManifest(args.Data.ManifestUri)
	if err != nil {
		return taskNode{}, err
	}
	s := m.a.store
	var t *task
	t = s.start("adv-upsert-data-rows", "JSON Import", func() error {
		for _, item := range items {
			if message := s.upsert(t, item); message != "" {
				t.refused = append(t.refused, refusedRow{message, item.Payload})
			}
		}
		return nil
	})
	s.did("upsert of %d data rows started", len(items))
	return newTaskNode(t), nil
}

func (s *store) readManifest(uri string) ([]rowItem, error) {
	content, err := s.fileAt(uri)
	if err != nil {
		return nil, err
	}
	var m manifest
	if err := strictly(content, &m); err != nil {
		return nil, malformed("manifest: %v", err)
	}
	if m.Source == "" || len(m.ChunkURIs) == 0 {
		return nil, malformed("manifest: it needs a source and chunk_uris")
	}
	var all []rowItem
	for _, uri := range m.ChunkURIs {
		items, err := s.readChunk(uri)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
	}
	if len(all) != m.ItemCount {
		return nil, malformed("manifest: item_count is %d, the chunks hold %d", m.ItemCount, len(all))
	}
	return all, nil
}

func (s *store) readChunk(uri string) ([]rowItem, error) {
	content, err := s.fileAt(uri)
	if err != nil {
		return nil, err
	}
	var items []rowItem
	if err := strictly(content, &items); err != nil {
		return nil, malformed("chunk: %v", err)
	}
	if len(content) > largestChunk && len(items) > 1 {
		return nil, malformed("chunk: %d bytes are more than %d", len(content), largestChunk)
	}
	for i, item := range items {
		if err := item.check(s); err != nil {
			return nil, malformed("chunk: item %d: %v", i, err)
		}
	}
	return items, nil
}

// check refuses what no row's error can say.
func (i rowItem) check(s *store) error {
	switch {
	case s.datasetByID(i.Payload.DatasetID) == nil:
		return fmt.Errorf("dataset_id %q: there is no such dataset", i.Payload.DatasetID)
	case i.ID.Type == "AUTO" && i.ID.Value != "":
		return errors.New("id: AUTO takes no value")
	case i.ID.Type == "AUTO" && (i.Payload.RowData == nil || *i.Payload.RowData == ""):
		return errors.New("row_data is missing")
	case i.ID.Type != "AUTO" && i.ID.Type != "GKEY" && i.ID.Type != "ID":
		return fmt.Errorf("id: type %q is not known", i.ID.Type)
	default:
		return nil
	}
}

// upsert makes or changes one row and returns why it does not.
func (s *store) upsert(t *task, item rowItem) string {
	p := item.Payload
	if p.GlobalKey != nil && len(*p.GlobalKey) > longestKey {
		return fmt.Sprintf("Global key is longer than %d characters", longestKey)
	}
	if item.ID.Type != "AUTO" {
		return s.change(item)
	}
	if p.GlobalKey != nil && s.rowByKey[*p.GlobalKey] != nil {
		return fmt.Sprintf("Duplicate global key: '%s'", *p.GlobalKey) // seen in the client's tests
	}
	t.created = append(t.created, s.addRow(dataRow{
		globalKey: text(p.GlobalKey), externalID: text(p.ExternalID), url: *p.RowData, dataset: p.DatasetID,
		attachments: len(p.Attachments),
	}))
	return ""
}

func (s *store) change(item rowItem) string {
	rows, _ := s.find([]string{item.ID.Value}, idKind(item.ID.Type))
	if len(rows) == 0 {
		return "Data row not found: '" + item.ID.Value + "'"
	}
	row := rows[0]
	if key := item.Payload.GlobalKey; key != nil {
		if other := s.rowByKey[*key]; other != nil && other != row {
			return fmt.Sprintf("Duplicate global key: '%s'", *key)
		}
		delete(s.rowByKey, row.globalKey)
		row.globalKey, s.rowByKey[*key] = *key, row
	}
	if item.Payload.ExternalID != nil {
		row.externalID = *item.Payload.ExternalID
	}
	if item.Payload.RowData != nil {
		row.url = *item.Payload.RowData
	}
	return ""
}

// strictly decodes JSON that has no field but the known ones.
func strictly(content []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if decoder.More() {
		return errors.New("something follows the JSON value")
	}
	return nil
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
