package encord

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// v2Path is where the newer API is.
const v2Path = "/v2/public"

func (a *encord) projectPath(rest string) string {
	return v2Path + "/projects/" + a.options.Project + rest
}

func (a *encord) stagePath(stage, rest string) string {
	return a.projectPath("/workflow/stages/" + stage + rest)
}

func (a *encord) folderPath(rest string) string {
	return v2Path + "/storage/folders/" + a.options.Folder + rest
}

// query writes pairs of names and values as a query, in the order given.
func query(pairs ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(pairs[i]) + "=" + url.QueryEscape(pairs[i+1]))
	}
	return b.String()
}

// resource is what a legacy call is about: it says so in headers, which are not signed.
type resource struct{ kind, id string }

func (a *encord) project() resource { return resource{"project", a.options.Project} }
func (a *encord) dataset() resource { return resource{"dataset", a.options.Dataset} }

// legacyQuery is the body of a legacy call.
type legacyQuery struct {
	QueryType   string `json:"query_type"`
	QueryMethod string `json:"query_method"`
	Values      struct {
		UID     any `json:"uid"`
		Payload any `json:"payload"`
	} `json:"values"`
}

// legacyCall makes a call of the legacy API: whatever it does, it is a POST to one place.
func legacyCall(out adapter.Output, of resource, operation string, uid, payload any) (adapter.Call, error) {
	var q legacyQuery
	q.QueryType, q.QueryMethod, _ = strings.Cut(operation, " ")
	q.Values.UID, q.Values.Payload = uid, payload
	call, err := adapter.RESTCall(out, "POST", legacyPath, q)
	call.Header = map[string]string{"ResourceType": of.kind, "ResourceID": of.id}
	return call, err
}

// rowsQuery is the payload of labelrowmetadata GET, which lists label rows. The client always sends every field of it.
type rowsQuery struct {
	EditedBefore              *string  `json:"edited_before"`
	EditedAfter               *string  `json:"edited_after"`
	LabelStatuses             []string `json:"label_statuses"`
	ShadowDataState           *string  `json:"shadow_data_state"`
	IncludeUninitialised      bool     `json:"include_uninitialised_labels"`
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

// rowsCall lists the label rows that are named by data hashes, label hashes, or one title; none of a selection that is
// empty.
func (p *plan) rowsCall(match string, names []string) (adapter.Call, error) {
	q := rowsQuery{IncludeUninitialised: true, IncludeWorkflowGraphNode: true}
	switch match {
	case matchDataHash:
		q.DataHashes = names
	case matchLabelHash:
		q.LabelHashes = names
	default:
		q.DataTitleEq = &names[0]
	}
	return legacyCall(p.out, p.project(), "labelrowmetadata GET", nil, q)
}

// getRows is the payload of labelrow GET.
type getRows struct {
	GetSignedURL                  bool     `json:"get_signed_url"`
	MultiRequest                  bool     `json:"multi_request"`
	IncludeObjectFeatures         []string `json:"include_object_feature_hashes"`
	IncludeClassificationFeatures []string `json:"include_classification_feature_hashes"`
	IncludeReviews                bool     `json:"include_reviews"`
	IncludeExportHistory          bool     `json:"include_export_history"`
	IncludeArchived               bool     `json:"include_archived"`
}

// startRows is the payload of labelrow PUT.
type startRows struct {
	MultiRequest bool   `json:"multi_request"`
	GetSignedURL bool   `json:"get_signed_url"`
	BranchName   string `json:"branch_name"`
}

// branch is the label branch that annotators see.
const branch = "main"

// lookup is a read that may have several pages.
type lookup struct {
	id, path string
	params   []string
	refs     []string
	stage    string // that it looks in, for tasks
}

// page is the id of a page's step, from 1.
func (l lookup) page(n int) string {
	if n == 1 {
		return l.id
	}
	return l.id + "." + strconv.Itoa(n)
}

// readPages emits the pages of look-ups, page after page of all of them, as far as they are known.
func (p *plan) readPages(lookups []lookup) error {
	for n := 1; ; n++ {
		none := true
		for _, l := range lookups {
			params := l.params
			if n > 1 {
				token := p.in.Kept(l.page(n-1), keptNext)
				if token == "" {
					continue
				}
				params = append([]string{"pageToken", token}, params...)
			}
			none = false
			step := adapter.Step{
				ID: l.page(n), Refs: l.refs, Repeat: adapter.RepeatSafe,
				Call: adapter.Call{Method: "GET", Path: l.path + "?" + query(params...)},
			}
			if err := p.emit(step); err != nil {
				return err
			}
		}
		if none || p.pending {
			return nil
		}
	}
}

// kept returns what the pages of a look-up have kept under a name.
func (p *plan) keptOfPages(l lookup, name string) []string {
	var all []string
	for n := 1; p.in.Done(l.page(n)); n++ {
		if value := p.in.Kept(l.page(n), name); value != "" {
			all = append(all, value)
		}
	}
	return all
}
