package encord

import (
	"strconv"
	"strings"
)

// The kinds of steps: the part of a step's id before its number.
const (
	stepRows     = "rows"
	stepReopen   = "reopen"
	stepTasks    = "tasks"
	stepMove     = "move"
	stepPriority = "priority"

	stepProject  = "project"
	stepOntology = "ontology"
	stepUpload   = "upload"
	stepJob      = "job"
	stepFind     = "find"
	stepLink     = "link"
	stepTask     = "task"
	stepTaskOf   = "task-of"
	stepStart    = "start"
	stepSave     = "save"

	// stepDatasets and stepFolder are those of Inspect.
	stepDatasets = "datasets"
	stepFolder   = "folder"
)

// What steps keep. Lists are in the order of the step's Refs, divided by spaces.
const (
	keptRows       = "rows"       // of rows, task and task-of: "data hash|label hash|stage"
	keptTasks      = "tasks"      // of tasks: "place in Refs|data hash|task"
	keptNext       = "next"       // of tasks and find: the token of the next page
	keptOntology   = "ontology"   // of project: the ontology's hash
	keptStages     = "stages"     // of project: the workflow's stages
	keptAnnotation = "annotation" // of project: those of them in which labels are made
	keptFeatures   = "features"   // of ontology: features as JSON
	keptJob        = "job"        // of upload: the job
	keptLast       = "last"       // of upload: that it is the last job
	keptItems      = "items"      // of job: items by their titles, as JSON
	keptErrors     = "errors"     // of job: files that could not be taken, as JSON
	keptItem       = "item"       // of find: the item
	keptData       = "data"       // of link: data hash of each item
	keptFacts      = "facts"      // of start: rowFacts as JSON
	keptDatasets   = "datasets"   // of datasets: hashes
)

const (
	// nothing stands for what Encord does not have.
	nothing = "-"
	// several stands for what Encord has several of.
	several = "?"
)

// kind is a step's.
func kind(id string) string {
	name, _, _ := strings.Cut(id, "/")
	return name
}

// fields reads a kept list of n; where there is none it is n times nothing.
func fields(kept string, n int) []string {
	list := strings.Fields(kept)
	for len(list) < n {
		list = append(list, nothing)
	}
	return list[:n]
}

func parseInt(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0
}
