package encordsandbox

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// page is a page of the v2 API.
type page struct {
	Results       []any   `json:"results"`
	NextPageToken *string `json:"nextPageToken"`
}

// defaultPage is how many results a page has where the request does not say.
const defaultPage = 100

// pageOf cuts a page out of results; a token is the place to go on at.
func pageOf(results []any, token string, size int) page {
	from, _ := strconv.Atoi(token)
	from = min(max(from, 0), len(results))
	to := min(from+size, len(results))
	p := page{Results: append([]any{}, results[from:to]...)}
	if to < len(results) {
		next := strconv.Itoa(to)
		p.NextPageToken = &next
	}
	return p
}

func (a *api) folder(c *call) bool {
	if c.request.PathValue("folder") != folderUUID {
		fail(c, http.StatusForbidden, "You are not authorised to access this asset.") // the client's documentation: not 404
		return false
	}
	return true
}

func (a *api) getFolder(c *call) {
	if !a.folder(c) || !c.query() {
		return
	}
	c.answer(map[string]any{
		"uuid": folderUUID, "parent": nil, "name": "Frames to label", "description": "", "clientMetadata": nil, "owner": owner,
		"createdAt": stamp(a.options.Now()), "lastEditedAt": stamp(a.options.Now()), "userRole": "admin",
		"syncedDatasetHash": nil, "pathToRoot": []any{}, "folderType": "generic",
	})
}

func (a *api) getItems(c *call) {
	if !a.folder(c) || !c.query("search", "isRecursive", "isInDataset", "itemTypes", "includeOrgAccess", "order", "desc",
		"pageToken", "pageSize", "signUrls", "includeClientMetadata", "clientMetadataAsSignedUrl") {
		return
	}
	q := c.request.URL.Query()
	size := defaultPage
	if text := q.Get("pageSize"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1000 {
			fail(c, http.StatusUnprocessableEntity, "pageSize must be from 1 to 1000")
			return
		}
		size = n
	}
	results := []any{}
	for _, it := range a.world.items {
		if strings.Contains(strings.ToLower(it.Name), strings.ToLower(q.Get("search"))) {
			results = append(results, a.world.storageItem(it))
		}
	}
	c.answer(pageOf(results, q.Get("pageToken"), size))
}

func (w *world) storageItem(it *item) map[string]any {
	metadata, _ := json.Marshal(it.Metadata) // decoded JSON
	backed := 0
	for _, u := range w.units {
		if u.item == it {
			backed++
		}
	}
	return map[string]any{
		"uuid": it.UUID, "parent": folderUUID, "itemType": "image", "name": it.Name, "description": "",
		"clientMetadata": string(metadata), "owner": owner, "createdAt": stamp(it.created), "lastEditedAt": stamp(it.created),
		"isTombstone": false, "isPlaceholder": false, "backedDataUnitsCount": backed, "storageLocation": "s3",
		"integrationHash": nil, "url": it.URL, "signedUrl": nil, "fileSize": 1, "mimeType": mimeType, "duration": nil, "fps": nil,
		"height": it.Height, "width": it.Width, "dicomInstanceUid": nil, "dicomStudyUid": nil, "dicomSeriesUid": nil,
		"frameCount": nil, "audioSampleRate": nil, "audioBitDepth": nil, "audioCodec": nil, "audioNumChannels": nil,
	}
}

// mimeType is that of every picture here.
const mimeType = "image/jpeg"

// stamp is a time as the v2 API writes it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
