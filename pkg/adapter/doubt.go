package adapter

import "net/http"

// Doubt makes the outcome of a failed call unknown where the call must not be repeated on a guess (RepeatNever,
// RepeatCheckFirst) and the failure does not say that it had no effect: a 500 or 502 can come after the work was done, and so
// can an answer that is not what the API says. Vendors whose failures are known to have no effect need no Doubt.
func Doubt(step Step, resp Response, v Verdict) Verdict {
	if v.Kind != Retry || resp.Check || step.Repeat != RepeatNever && step.Repeat != RepeatCheckFirst {
		return v
	}
	switch resp.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return v // the call was not taken up
	}
	if v.Reason != ReasonRateLimited {
		v.Kind = Unknown
	}
	return v
}
