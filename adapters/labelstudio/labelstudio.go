// Package labelstudio makes tasks with pre-annotations in a Label Studio project, or sends tasks that are there back to
// their queue. The vendor's facts were seen at a running server (label-studio 1.23.2, Community); those of Label Studio
// Enterprise come from its published OpenAPI document and its own Python client (label-studio-sdk 2.1.2).
// docs/vendors/label-studio.md says how sure each is.
package labelstudio

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// The bounds of one call. A task list is read in one page of at most readItems; an import above about 250 MiB is answered
// 500 (DATA_UPLOAD_MAX_MEMORY_SIZE), one above 200 MB is refused by Enterprise.
const (
	maxTasks    = 1000
	maxBytes    = 64 << 20
	concurrency = 2 // SQLite, which many servers use, slows down badly when several imports are made at once
)

// Factory returns the adapter's factory.
func Factory() adapter.Factory {
	return adapter.Factory{
		Name:    "label-studio",
		Summary: "Label Studio: tasks with predictions, or tasks marked and reopened; Enterprise: reviews.",
		Options: func() any { return defaults() },
		New:     func(o any) (adapter.Adapter, error) { return newAdapter(o.(*Options)) },
		Auth:    adapter.Auth{Scheme: "Token", Exchange: exchange},
		Limits:  adapter.Limits{Items: maxTasks, Bytes: maxBytes, Concurrency: concurrency},
	}
}

// Statuses that are looked at; an adapter does not import net/http.
const (
	statusBadRequest = 400
	statusNotFound   = 404
)

// exchange: a personal access token is a JWT and is traded for access tokens that live for five minutes; a legacy token is
// sent as it is.
func exchange(key string) (adapter.Exchange, bool) {
	return adapter.Exchange{Path: "/api/token/refresh/", KeyField: "refresh", TokenField: "access", Scheme: "Bearer"}, isJWT(key)
}

func isJWT(key string) bool {
	parts := strings.Split(key, ".")
	if len(parts) != 3 {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return false
	}
	var claims map[string]json.RawMessage
	return json.Unmarshal(raw, &claims) == nil && claims != nil
}

// labelStudio is the adapter.
type labelStudio struct {
	options   *Options
	annotator adapter.Annotator
}

// Plan makes new tasks, or reopens those that are there.
func (a *labelStudio) Plan(in adapter.Input, out adapter.Output) (more bool, err error) {
	if a.options.Mode == modeRelabel {
		return a.planRelabel(in, out)
	}
	return a.planBatch(in, out)
}

// The steps. All but stepProject are numbered, or have a vendor's id behind them.
const (
	stepImport  = "import"  // makes a chunk's tasks
	stepPoll    = "poll"    // waits for an Enterprise import
	stepAgain   = "again"   // makes those tasks of a chunk that its import did not
	stepRepoll  = "repoll"  // waits for that
	stepRead    = "read"    // reads a chunk's tasks, and settles them
	stepSurplus = "surplus" // deletes tasks that were made twice

	stepFind   = "find"   // finds tasks
	stepDraft  = "draft"  // makes an annotation a draft again
	stepDelete = "delete" // deletes the annotations of a chunk of tasks
	stepReview = "review" // rejects an annotation (Enterprise)
	stepMark   = "mark"   // marks a chunk of tasks, and settles them

	stepProject = "project" // of an inspection
)

// Judge says what an answer means.
func (a *labelStudio) Judge(step adapter.Step, resp adapter.Response) adapter.Verdict {
	kind, _, _ := strings.Cut(step.ID, "/")
	if resp.Check {
		return a.judgeCheck(kind, step, resp)
	}
	v := adapter.JudgeStatus(resp)
	switch {
	case kind == stepDraft && resp.Status == statusNotFound:
		return adapter.Verdict{Kind: adapter.Exists, Reason: adapter.ReasonNotFound, Detail: v.Detail} // it may be a draft already
	case kind == stepProject && resp.Status == statusNotFound:
		return adapter.Verdict{Kind: adapter.Done} // a finding, not a failure
	case (kind == stepImport || kind == stepAgain) && resp.Status == statusBadRequest:
		return a.judgeInvalid(kind, step, resp.Body, v)
	case resp.Status == statusNotFound:
		v.Detail = "project " + a.project() + " is not there, or url is not that of a Label Studio server: " + v.Detail
	case v.Kind == adapter.Done:
		v = a.judgeDone(kind, step, resp)
	}
	return adapter.Doubt(step, resp, v)
}

// judgeDone looks into an answer of success.
func (a *labelStudio) judgeDone(kind string, step adapter.Step, resp adapter.Response) adapter.Verdict {
	switch kind {
	case stepImport, stepAgain:
		return judgeImport(resp)
	case stepPoll, stepRepoll:
		return a.judgePoll(kind, step, resp)
	case stepRead:
		return a.judgeRead(step, resp)
	case stepFind:
		return a.judgeFind(step, resp)
	case stepMark:
		return a.judgeMark(step, resp)
	case stepReview:
		return a.judgeReview(step, resp)
	case stepProject:
		return judgeProject(resp)
	case stepDraft:
		return judgeID(resp)
	default:
		return judgeAction(resp)
	}
}

// judgeCheck looks into the answer to a step's check.
func (a *labelStudio) judgeCheck(kind string, step adapter.Step, resp adapter.Response) adapter.Verdict {
	if kind == stepDraft {
		return checkDraft(resp)
	}
	if v := adapter.JudgeStatus(resp); v.Kind != adapter.Done {
		return v
	}
	switch kind {
	case stepImport, stepAgain:
		return checkImport(kind, step, resp)
	case stepReview:
		return a.checkReview(step, resp)
	default:
		return checkGone(kind, step, resp)
	}
}

// badAnswer is the verdict on an answer of success that is not what the API says.
func badAnswer(resp adapter.Response, lack string) adapter.Verdict {
	detail := lack
	if said := adapter.Said(resp.Body); said != "" {
		detail += ": " + said
	}
	return adapter.Verdict{Kind: adapter.Retry, Reason: adapter.ReasonBadAnswer, Detail: detail}
}
