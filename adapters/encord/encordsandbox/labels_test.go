package encordsandbox_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/encord/encordsandbox"
)

// The row that is there at the start, with one box.
const (
	rowHash  = "1abe1000-0000-4000-8000-000000000001"
	dataHash = "cccccccc-0000-4000-8000-000000000001"
)

// savedRow is the row as the client would save it again.
func savedRow(t *testing.T, read func(body string) []byte) string {
	t.Helper()
	var answer struct{ Response []json.RawMessage }
	require.NoError(t, json.Unmarshal(read(`{"query_type": "labelrow", "query_method": "GET", "values": {"uid": ["`+rowHash+`"], "payload": {`+
		`"get_signed_url": false, "multi_request": true, "include_object_feature_hashes": null, "include_classification_feature_hashes": null, `+
		`"include_reviews": false, "include_export_history": false, "include_archived": false}}}`), &answer))
	require.Len(t, answer.Response, 1)
	return string(answer.Response[0])
}

func save(row string) string {
	return fmt.Sprintf(`{"query_type": "labelrow", "query_method": "POST", "values": {"uid": [%q], "payload": `+
		`{"multi_request": true, "validate_before_saving": false, "labels": [%s]}}}`, rowHash, row)
}

func TestLabelsAreSavedStrictly(t *testing.T) {
	t.Parallel()
	stand := start(t)
	read := func(body string) []byte { return do(t, stand, "POST", "/public", body).Body }
	good := savedRow(t, read)
	for name, c := range map[string]struct{ old, new, code string }{
		"another row":        {`"label_hash":"` + rowHash, `"label_hash":"` + unknown, "CORRUPTED_LABEL_ERROR"},
		"another data":       {`"data_hash":"` + dataHash, `"data_hash":"` + unknown, "CORRUPTED_LABEL_ERROR"},
		"type":               {`"data_type":"image"`, `"data_type":"IMAGE"`, "CORRUPTED_LABEL_ERROR"},
		"time":               {` UTC","last_edited_at"`, `","last_edited_at"`, "CORRUPTED_LABEL_ERROR"},
		"no actions":         {`"object_actions":{}`, `"object_actions":null`, "CORRUPTED_LABEL_ERROR"},
		"width":              {`"width":1920`, `"width":1`, "CORRUPTED_LABEL_ERROR"},
		"unknown field":      {`"spaces":{}`, `"spaces":{},"more":1`, "INVALID_ARGUMENTS_ERROR"},
		"feature":            {"obj00001", "obj99999", "FEATURE_DOES_NOT_EXIST_ERROR"},
		"name":               {`"name":"rabbit"`, `"name":"Rabbit"`, "CORRUPTED_LABEL_ERROR"},
		"shape":              {`"shape":"bounding_box"`, `"shape":"polygon"`, "CORRUPTED_LABEL_ERROR"},
		"hash":               {`"objectHash":"seed0001","featureHash"`, `"objectHash":"seed","featureHash"`, "CORRUPTED_LABEL_ERROR"},
		"no confidence":      {`"confidence":1`, `"confidence":null`, "CORRUPTED_LABEL_ERROR"},
		"pixels":             {`"x":0.5`, `"x":960`, "CORRUPTED_LABEL_ERROR"},
		"over the edge":      {`"w":0.1`, `"w":0.6`, "CORRUPTED_LABEL_ERROR"},
		"no area":            {`"h":0.1`, `"h":0`, "CORRUPTED_LABEL_ERROR"},
		"no coordinates":     {`"boundingBox"`, `"rotatable"`, "INVALID_ARGUMENTS_ERROR"},
		"others besides":     {`"boundingBox":`, `"point":{"0":{"x":0.5,"y":0.5}},"boundingBox":`, "CORRUPTED_LABEL_ERROR"},
		"no answers":         {`"object_answers":{"seed0001":{"classifications":[],"objectHash":"seed0001"}}`, `"object_answers":{}`, "ANSWER_DICTIONARY_ERROR"},
		"an answer too many": {`"object_answers":{`, `"object_answers":{"x":{"classifications":[],"objectHash":"x"},`, "ANSWER_DICTIONARY_ERROR"},
		"classification":     {`"classification_answers":{}`, `"classification_answers":{"abcdefgh":{"featureHash":"cls99999"}}`, "FEATURE_DOES_NOT_EXIST_ERROR"},
		"no range":           {`"classification_answers":{}`, `"classification_answers":{"abcdefgh":{"featureHash":"cls00001","classificationHash":"abcdefgh"}}`, "CORRUPTED_LABEL_ERROR"},
	} {
		require.Contains(t, good, c.old, name)
		body := read(save(strings.Replace(good, c.old, c.new, 1)))
		require.Contains(t, string(body), c.code, "%s: %s", name, body)
	}

	require.JSONEq(t, `{"status": 200, "response": true}`, string(read(save(strings.Replace(good, `"x":0.5`, `"x":0.25`, 1)))))
	var s encordsandbox.State
	stand.ReadState(t, &s)
	require.InDelta(t, 0.25, s.Units[0].Objects[0].BoundingBox.X, 0)
	require.Zero(t, s.Twice, "other labels than before")
	read(save(strings.Replace(good, `"x":0.5`, `"x":0.25`, 1)))
	stand.ReadState(t, &s)
	require.Equal(t, 1, s.Twice, "the same labels again")
}

func TestTheStandInCountsWhatIsMadeTwice(t *testing.T) {
	t.Parallel()
	stand := start(t)
	twice := func() int {
		var s encordsandbox.State
		stand.ReadState(t, &s)
		return s.Twice
	}
	reopen := `{"query_type": "labelworkflowgraphnode", "query_method": "POST", "values": {"uid": ["` + rowHash + `"], "payload": {"action": "reopen"}}}`
	do(t, stand, "POST", "/public", reopen)
	require.Zero(t, twice())
	do(t, stand, "POST", "/public", reopen)
	require.Equal(t, 1, twice(), "a row is reopened that waits to be labelled")

	upload := func(skip string) {
		do(t, stand, "POST", folder+"/data-upload-jobs",
			`{"dataItems": {"images": [{"objectUrl": "https://a/1.jpg", "externalFileType": "IMAGE"}], "skipDuplicateUrls": `+skip+`}, "ignoreErrors": true}`)
		for range 3 {
			do(t, stand, "GET", folder, "") // jobs go on by themselves
		}
	}
	upload("true")
	upload("true")
	require.Equal(t, 1, twice(), "skipped")
	upload("false")
	require.Equal(t, 2, twice(), "a URL is in the folder again")

	link := `{"query_type": "datasetlinkitems", "query_method": "POST", "values": {"uid": "dddddddd-0000-4000-8000-000000000001", ` +
		`"payload": {"item_uuids": ["17e00000-0000-4000-8000-000000000007"], "duplicates_behavior": %q}}}`
	do(t, stand, "POST", "/public", fmt.Sprintf(link, "SKIP"))
	do(t, stand, "POST", "/public", fmt.Sprintf(link, "SKIP"))
	require.Equal(t, 2, twice())
	do(t, stand, "POST", "/public", fmt.Sprintf(link, "DUPLICATE"))
	require.Equal(t, 3, twice(), "an item is in the dataset again")
}
