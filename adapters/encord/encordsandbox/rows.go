package encordsandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// rowsQuery is the payload of labelrowmetadata GET. The client sends every field of it each time.
type rowsQuery struct {
	EditedBefore              *string  `json:"edited_before"`
	EditedAfter               *string  `json:"edited_after"`
	LabelStatuses             []string `json:"label_statuses"`
	ShadowDataState           *string  `json:"shadow_data_state"`
	IncludeUninitialised      *bool    `json:"include_uninitialised_labels"`
	DataHashes                []string `json:"data_hashes"`
	LabelHashes               []string `json:"label_hashes"`
	DataTitleEq               *string  `json:"data_title_eq"`
	DataTitleLike             *string  `json:"data_title_like"`
	NodeTitleEq               *string  `json:"workflow_graph_node_title_eq"`
	NodeTitleLike             *string  `json:"workflow_graph_node_title_like"`
	IncludeClientMetadata     bool     `json:"include_client_metadata"`
	IncludeImagesData         bool     `json:"include_images_data"`
	IncludeChildren           bool     `json:"include_children"`
	IncludeWorkflowGraphNode  bool     `json:"include_workflow_graph_node"`
	IncludeAllLabelBranches   bool     `json:"include_all_label_branches"`
	BranchName                *string  `json:"branch_name"`
	ClientMetadataAsSignedURL bool     `json:"client_metadata_as_signed_url"`
}

func (a *api) listRows(c *rpc) (any, *refusal) {
	if no := c.nullUID(); no != nil {
		return nil, no
	}
	var q rowsQuery
	if no := c.read(&q, "edited_before", "edited_after", "label_statuses", "shadow_data_state", "include_uninitialised_labels",
		"data_hashes", "label_hashes", "data_title_eq", "data_title_like", "workflow_graph_node_title_eq", "workflow_graph_node_title_like",
		"include_client_metadata", "include_images_data", "include_children", "include_workflow_graph_node", "include_all_label_branches",
		"branch_name", "client_metadata_as_signed_url"); no != nil {
		return nil, no
	}
	rows := []any{}
	for _, u := range a.world.here() {
		if q.matches(u) {
			rows = append(rows, u.metadata(q))
		}
	}
	return rows, nil
}

func (q rowsQuery) matches(u *unit) bool {
	return (q.DataHashes == nil || contains(q.DataHashes, u.DataHash)) &&
		(q.LabelHashes == nil || u.LabelHash != "" && contains(q.LabelHashes, u.LabelHash)) &&
		(q.LabelStatuses == nil || contains(q.LabelStatuses, u.labelStatus)) &&
		(q.IncludeUninitialised == nil || *q.IncludeUninitialised || u.LabelHash != "") &&
		(q.DataTitleEq == nil || *q.DataTitleEq == u.Title) &&
		(q.DataTitleLike == nil || like(*q.DataTitleLike, u.Title)) &&
		(q.NodeTitleEq == nil || *q.NodeTitleEq == title(u.Stage)) &&
		(q.NodeTitleLike == nil || like(*q.NodeTitleLike, title(u.Stage)))
}

// like is SQL's, for patterns with '%' at their ends alone.
func like(pattern, text string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(strings.Trim(pattern, "%")))
}

const (
	datasetTitle = "Frames"
	// longForm and shortForm are how the legacy API writes times: in label rows, and everywhere else.
	longForm  = "Mon, 02 Jan 2006 15:04:05 UTC"
	shortForm = "2006-01-02 15:04:05"
)

func long(t time.Time) string  { return t.UTC().Format(longForm) }
func short(t time.Time) string { return t.UTC().Format(shortForm) }

// metadata is the row as labelrowmetadata GET lists it.
func (u *unit) metadata(q rowsQuery) map[string]any {
	row := map[string]any{
		"label_hash": nil, "created_at": nil, "last_edited_at": nil, "branch_name": "main", "data_hash": u.DataHash, "dataset_hash": datasetHash,
		"dataset_title": datasetTitle, "data_title": u.Title, "data_type": "IMAGE", "data_link": u.item.URL, "spaces": map[string]any{},
		"label_status": u.labelStatus, "annotation_task_status": nil, "workflow_graph_node": nil, "is_shadow_data": false,
		"number_of_frames": 1, "duration": nil, "frames_per_second": nil, "height": u.item.Height, "width": u.item.Width,
		"audio_codec": nil, "audio_sample_rate": nil, "audio_bit_depth": nil, "audio_num_channels": nil, "task_uuid": u.TaskUUID,
		"priority": u.Priority, "client_metadata": nil, "images_data": nil, "file_type": mimeType, "is_valid": true,
		"backing_item_uuid": u.item.UUID, "assigned_user_email": nil, "last_actioned_by_user_email": nil,
	}
	if u.LabelHash != "" {
		row["label_hash"], row["branch_name"] = u.LabelHash, u.Branch
		row["created_at"], row["last_edited_at"] = short(u.created), short(u.edited)
	}
	if q.IncludeWorkflowGraphNode {
		row["workflow_graph_node"] = map[string]string{"uuid": u.Stage, "title": title(u.Stage)}
	}
	if q.IncludeClientMetadata {
		row["client_metadata"] = u.item.Metadata
	}
	if u.Stage == doneStage {
		row["priority"] = nil
	}
	return row
}

// labelled returns the units of label hashes, in their order.
func (a *api) labelled(hashes []string) ([]*unit, *refusal) {
	units := make([]*unit, len(hashes))
	for i, hash := range hashes {
		units[i] = a.world.unitBy(func(u *unit) bool { return u.LabelHash == hash })
		if units[i] == nil {
			return nil, absent("label %s not found", hash)
		}
	}
	return units, nil
}

// actOnRows is labelworkflowgraphnode POST: reopen or complete.
func (a *api) actOnRows(c *rpc) (any, *refusal) {
	hashes, no := c.ids()
	if no != nil {
		return nil, no
	}
	var payload struct {
		Action string `json:"action"`
	}
	if no := c.read(&payload, "action"); no != nil {
		return nil, no
	}
	units, no := a.labelled(hashes)
	if no != nil {
		return nil, no
	}
	switch payload.Action {
	case "reopen":
		for _, u := range units {
			a.reopen(u)
		}
	case "complete":
		for _, u := range units {
			u.moveTo(doneStage)
		}
	default:
		return nil, invalid("action %q is not known", payload.Action)
	}
	c.effect("%s: %d label rows", payload.Action, len(units))
	return true, nil
}

func (a *api) reopen(u *unit) {
	if u.Stage == annotateStage && u.Status == "REOPENED" {
		a.world.twice++
	}
	u.moveTo(annotateStage)
	u.reopened++
}

func (a *api) getDataset(c *rpc) (any, *refusal) {
	var payload struct {
		Settings accessSettings `json:"dataset_access_settings"`
	}
	if no := c.nullUID(); no != nil {
		return nil, no
	}
	if no := c.read(&payload, "dataset_access_settings"); no != nil {
		return nil, no
	}
	rows := []any{}
	if payload.Settings.FetchRows {
		rows = a.dataRows(a.world.units)
	}
	return map[string]any{
		"dataset_hash": datasetHash, "title": datasetTitle, "description": "", "dataset_type": "CORD_STORAGE", "data_rows": rows,
		"backing_folder_uuid": nil,
	}, nil
}

// accessSettings are the client's DatasetAccessSettings.
type accessSettings struct {
	FetchClientMetadata bool `json:"fetch_client_metadata"`
	FetchRows           bool `json:"fetch_rows"`
}

func (a *api) getDataRows(c *rpc) (any, *refusal) {
	var q struct {
		TitleEq       *string        `json:"title_eq"`
		TitleLike     *string        `json:"title_like"`
		CreatedBefore *string        `json:"created_before"`
		CreatedAfter  *string        `json:"created_after"`
		DataTypes     []string       `json:"data_types"`
		Settings      accessSettings `json:"dataset_access_settings"`
		DataHashes    []string       `json:"data_hashes"`
	}
	if no := c.read(&q, "title_eq", "title_like", "data_types", "dataset_access_settings", "data_hashes"); no != nil {
		return nil, no
	}
	units := slices.DeleteFunc(slices.Clone(a.world.units), func(u *unit) bool {
		return q.TitleEq != nil && *q.TitleEq != u.Title || q.TitleLike != nil && !like(*q.TitleLike, u.Title) ||
			q.DataHashes != nil && !contains(q.DataHashes, u.DataHash)
	})
	return a.dataRows(units), nil
}

func (a *api) dataRows(units []*unit) []any {
	rows := []any{}
	for _, u := range units {
		rows = append(rows, map[string]any{
			"data_hash": u.DataHash, "data_title": u.Title, "data_type": "IMAGE", "created_at": short(u.linked), "last_edited_at": short(u.linked),
			"width": u.item.Width, "height": u.item.Height, "file_link": u.item.URL, "file_size": 1, "file_type": mimeType,
			"storage_location": 1, "client_metadata": u.item.Metadata, "frames_per_second": nil, "duration": nil, "images_data": nil,
			"signed_url": nil, "is_optimised_image_group": nil, "backing_item_uuid": u.item.UUID,
		})
	}
	return rows
}

// linkItems is datasetlinkitems POST. What SKIP skips is not in the answer.
func (a *api) linkItems(c *rpc) (any, *refusal) {
	if string(c.uid) != `"`+datasetHash+`"` {
		return nil, invalid("uid must be the dataset's hash")
	}
	var payload struct {
		ItemUUIDs          []string `json:"item_uuids"`
		DuplicatesBehavior string   `json:"duplicates_behavior"`
	}
	if no := c.read(&payload, "item_uuids", "duplicates_behavior"); no != nil {
		return nil, no
	}
	if !contains([]string{"SKIP", "FAIL", "DUPLICATE"}, payload.DuplicatesBehavior) || len(payload.ItemUUIDs) == 0 {
		return nil, invalid("item_uuids must not be empty, duplicates_behavior is SKIP, FAIL or DUPLICATE")
	}
	items := make([]*item, len(payload.ItemUUIDs))
	for i, uuid := range payload.ItemUUIDs {
		items[i] = a.world.itemBy(func(it *item) bool { return it.UUID == uuid })
		if items[i] == nil {
			return nil, absent("item %s not found", uuid)
		}
	}
	return a.linkAll(c, items, payload.DuplicatesBehavior)
}

func (a *api) linkAll(c *rpc, items []*item, duplicates string) (any, *refusal) {
	var linked []*unit
	for _, it := range items {
		if slices.ContainsFunc(a.world.units, func(u *unit) bool { return u.item == it }) {
			switch duplicates {
			case "SKIP":
				continue
			case "FAIL":
				return nil, &refusal{http.StatusConflict, "RESOURCE_EXISTS_ERROR", it.UUID}
			}
			a.world.twice++
		}
		linked = append(linked, a.world.link(it))
	}
	c.effect("%d items linked, %d were there before", len(linked), len(items)-len(linked))
	return a.dataRows(linked), nil
}
