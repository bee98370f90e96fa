package labelbox

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// read is a step that looks at something at the vendor, on /graphql.
func (p *plan) read(id, document string, variables any) (adapter.Step, error) {
	call, err := adapter.GraphQLCall(p.out, plainPath, document, variables)
	return adapter.Step{ID: id, Call: call, Repeat: adapter.RepeatSafe}, err
}

// experiment is a call on /_gql.
func (p *plan) experiment(document string, variables any) (adapter.Call, error) {
	return adapter.GraphQLCall(p.out, experimentalPath, document, variables)
}

// taskVariables are those of a look at a task of a user.
type taskVariables struct {
	Task string `json:"param_0"`
	User string `json:"param_1"`
}

// poll is a step that waits for a task. The step "user" must be done.
func (p *plan) poll(id, task string) (adapter.Step, error) {
	return p.read(id, taskDocument, taskVariables{task, p.in.Kept(stepUser, keptID)})
}

// file is a part of a multipart request.
type file struct{ field, name, contentType, content string }

// uploadVariables are those of an upload. File is null: the part takes its place.
type uploadVariables struct {
	File          *struct{} `json:"file"`
	ContentLength int       `json:"contentLength"`
	Sign          bool      `json:"sign"`
}

// upload is a step that uploads a JSON file. A file that is uploaded twice is there twice, which nothing comes of.
func (p *plan) upload(id, name, content string) (adapter.Step, error) {
	call, err := p.multipart(uploadDocument, uploadVariables{ContentLength: len(content)}, file{"1", name, "application/json", content})
	return adapter.Step{ID: id, Call: call, Repeat: adapter.RepeatSafe}, err
}

// multipart is a GraphQL call with a file, in the form of the GraphQL multipart request specification: the parts operations
// and map, then the file. It is not sent as GraphQL, so its answer is read by adapter.ReadGraphQL.
func (p *plan) multipart(document string, variables any, f file) (adapter.Call, error) {
	operations, err := json.Marshal(struct {
		Variables any    `json:"variables"`
		Query     string `json:"query"`
	}{variables, document})
	if err != nil {
		return adapter.Call{}, fmt.Errorf("request body: %w", err)
	}
	mapping, err := json.Marshal(map[string][]string{f.field: {"variables.file"}})
	if err != nil {
		return adapter.Call{}, fmt.Errorf("request body: %w", err)
	}
	boundary := boundaryFor(f.content, string(operations))
	body := p.out.NewBody()
	parts := []string{
		"--" + boundary + "\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n", string(operations), "\r\n",
		"--" + boundary + "\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n", string(mapping), "\r\n",
		"--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + quote(f.field) + "\"; filename=\"" + quote(f.name) + "\"\r\n",
		"Content-Type: " + f.contentType + "\r\n\r\n", f.content, "\r\n--" + boundary + "--\r\n",
	}
	for _, part := range parts {
		if _, err := io.WriteString(body, part); err != nil {
			return adapter.Call{}, err
		}
	}
	return adapter.Call{
		Method: "POST", Path: plainPath, ContentType: "multipart/form-data; boundary=" + boundary, Body: body,
	}, nil
}

// boundaryFor is a line that stands in none of the texts. A plan has no randomness, so it is counted up.
func boundaryFor(texts ...string) string {
	for n := 0; ; n++ {
		boundary := fmt.Sprintf("labelgate-%08d", n)
		taken := false
		for _, text := range texts {
			taken = taken || strings.Contains(text, boundary)
		}
		if !taken {
			return boundary
		}
	}
}

// quote makes a name fit for a quoted header value, as browsers do for form data.
func quote(name string) string {
	return strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A").Replace(name)
}
