package labelboxsandbox

import (
	"bytes"
	"encoding/json"

	"github.com/graph-gophers/graphql-go"
)

// The states of an import (labelbox/schema/enums.py).
const (
	running      = "RUNNING"
	finished     = "FINISHED"
	importFailed = "FAILED"
)

// predictionImport is an import of pre-labels: model-assisted labeling. It is finished at the second poll, or by one of a
// later import.
type predictionImport struct {
	id, name      string
	input         []byte
	inputPath     string
	errorPath     string
	statusPath    string
	polls         int
	done, broken  bool
	lines, failed int
}

func (i *predictionImport) state() string {
	switch {
	case !i.done:
		return running
	case i.broken:
		return importFailed
	default:
		return finished
	}
}

type importNode struct {
	ID                                        graphql.ID
	Name, State                               string
	Progress                                  *string
	InputFileURL, ErrorFileURL, StatusFileURL *string
	Project                                   *projectNode
}

// importNode: the URLs of errors and statuses are there once the import is done (the client's tests).
func (a *api) importNode(i *predictionImport) (*importNode, error) {
	project, err := a.projectNode(ProjectID)
	node := &importNode{ID: graphql.ID(i.id), Name: i.name, State: i.state(), Project: project}
	url := func(path string) *string { return optional(a.front + path) }
	node.InputFileURL = url(i.inputPath)
	progress := "0%"
	if i.done {
		node.ErrorFileURL, node.StatusFileURL = url(i.errorPath), url(i.statusPath)
		progress = "100%"
	}
	node.Progress = &progress
	return node, err
}

// CreateModelAssistedLabelingPredictionImport starts an import. Its name must be new in the project: it is what the import
// is asked for by. That the vendor refuses one that is taken is not known.
func (m plainMutation) CreateModelAssistedLabelingPredictionImport(args struct {
	Data struct {
		ProjectID   graphql.ID
		Name        string
		FileURL     *string
		FilePayload *struct {
			File          upload
			ContentLength int32
		}
	}
},
) (*importNode, error) {
	in, s := args.Data, m.a.store
	if in.ProjectID != ProjectID {
		return nil, notFound("Project %q was not found", in.ProjectID)
	}
	if (in.FilePayload == nil) == (in.FileURL == nil) {
		return nil, malformed("either fileUrl or filePayload must be given")
	}
	if in.FilePayload == nil {
		return nil, malformed("the stand-in fetches nothing: give a filePayload")
	}
	switch {
	case in.Name == "":
		return nil, malformed("an import needs a name")
	case firstOf(s.project.imports, func(i *predictionImport) bool { return i.name == in.Name }) != nil:
		return nil, conflict("An import with the name %q already exists", in.Name)
	case in.FilePayload.File.contentType != "application/x-ndjson":
		return nil, malformed("the file is %q, application/x-ndjson is wanted", in.FilePayload.File.contentType)
	}
	i := &predictionImport{id: s.newID("import"), name: in.Name, input: in.FilePayload.File.content}
	i.inputPath = s.keep(in.FilePayload.File.name, i.input)
	s.project.imports = append(s.project.imports, i)
	s.did("import %q started: %d bytes", i.name, len(i.input))
	return m.a.importNode(i)
}

// ModelAssistedLabelingPredictionImport answers an import by its name; each question is a poll.
func (q plainQuery) ModelAssistedLabelingPredictionImport(args struct {
	Where struct {
		ProjectID graphql.ID
		Name      string
	}
},
) (*importNode, error) {
	s := q.a.store
	for n, i := range s.project.imports {
		if args.Where.ProjectID != ProjectID || i.name != args.Where.Name {
			continue
		}
		i.polls++
		if i.polls > 1 {
			for _, earlier := range s.project.imports[:n+1] {
				s.runImport(earlier)
			}
		}
		return q.a.importNode(i)
	}
	return nil, notFound("Import %q was not found", args.Where.Name)
}

// ModelAssistedLabelingPredictionImports lists the imports of a project.
func (q plainQuery) ModelAssistedLabelingPredictionImports(args struct {
	Skip, First *int32
	Where       struct{ ProjectID graphql.ID }
},
) ([]*importNode, error) {
	if args.Where.ProjectID != ProjectID {
		return nil, notFound("Project %q was not found", args.Where.ProjectID)
	}
	nodes := []*importNode{}
	for _, i := range q.a.store.project.imports {
		node, err := q.a.importNode(i)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, node)
	}
	return window(nodes, args.Skip, args.First), nil
}

// lineStatus is a line of the files of errors and of statuses (labelbox/schema/annotation_import.py, statuses).
type lineStatus struct {
	UUID    string      `json:"uuid"`
	DataRow rowName     `json:"dataRow"`
	Status  string      `json:"status"`
	Errors  []lineError `json:"errors"`
}

type lineError struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

// runImport takes every line that is good and writes down what became of each.
func (s *store) runImport(i *predictionImport) {
	if i.done {
		return
	}
	i.done = true
	var statuses, errors bytes.Buffer
	uuids := map[string]bool{}
	for line := range bytes.Lines(i.input) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		i.lines++
		status := s.importLine(line, uuids)
		text, _ := json.Marshal(status)
		statuses.Write(append(text, '\n'))
		if status.Status != "SUCCESS" {
			i.failed++
			errors.Write(append(text, '\n'))
		}
	}
	i.broken = i.lines == 0
	i.errorPath, i.statusPath = s.keep("errors.ndjson", errors.Bytes()), s.keep("statuses.ndjson", statuses.Bytes())
}

func (s *store) importLine(text []byte, uuids map[string]bool) lineStatus {
	line, err := readLine(text)
	status := lineStatus{UUID: line.UUID, DataRow: line.DataRow, Status: "SUCCESS", Errors: []lineError{}}
	var row *dataRow
	if err == nil {
		row, err = s.rowOf(line.DataRow)
	}
	if err == nil && uuids[line.UUID] {
		err = &fault{"the uuid is twice in the file", "DuplicateUuid"}
	}
	if row != nil {
		status.DataRow = rowName{ID: row.id}
	}
	if err != nil {
		status.Status, status.Errors = "FAILURE", []lineError{{Name: "AnnotationError", Message: err.Error()}}
		return status
	}
	uuids[line.UUID] = true
	s.annotate(row, line)
	return status
}

// rowOf finds the row of an annotation, which must be in the project.
func (s *store) rowOf(name rowName) (*dataRow, error) {
	row := s.rowByID[name.ID]
	if name.ID == "" {
		row = s.rowByKey[name.GlobalKey]
	}
	switch {
	case row == nil:
		return nil, malformed("the data row does not exist")
	case s.project.members[row.id] == nil:
		return row, malformed("the data row is not in the project")
	default:
		return row, nil
	}
}

// annotation is a pre-label of a row.
type annotation struct {
	row   *dataRow
	name  string
	value json.RawMessage
}

// annotate keeps an annotation; the same uuid again takes the place of the first.
func (s *store) annotate(row *dataRow, line annotationLine) {
	p, a := s.project, &annotation{row, line.Name, line.value()}
	if p.annotations[line.UUID] == nil {
		content := [3]string{row.id, a.name, string(a.value)}
		if p.contents[content] {
			s.twice.PreLabels++
		}
		p.contents[content] = true
		p.uuids = append(p.uuids, line.UUID)
	}
	p.annotations[line.UUID] = a
}
