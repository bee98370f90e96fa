package adapter

import (
	"fmt"
	"net/http"
	"strings"
)

// JudgeStatus judges an answer by its HTTP status alone, as most REST vendors mean it: 2xx is done, 408, 425, 429 and 5xx
// are worth another try, a redirect is never followed, and any other status is the request's own fault.
func JudgeStatus(resp Response) Verdict {
	switch s := resp.Status; {
	case s >= 200 && s < 300:
		return Verdict{Kind: Done}
	case s >= 300 && s < 400:
		return Verdict{Kind: Reject, Reason: ReasonRedirect, Detail: redirectDetail(resp)}
	case s == http.StatusRequestTimeout:
		return statusVerdict(Retry, ReasonTimeout, resp)
	case s == http.StatusTooEarly:
		return statusVerdict(Retry, ReasonUnavailable, resp)
	case s == http.StatusTooManyRequests:
		return statusVerdict(Retry, ReasonRateLimited, resp)
	case s >= 400 && s < 500:
		return statusVerdict(Reject, clientReason(s), resp)
	case s >= 500:
		return statusVerdict(Retry, ReasonUnavailable, resp)
	default:
		return statusVerdict(Retry, ReasonBadAnswer, resp)
	}
}

func clientReason(status int) Reason {
	switch status {
	case http.StatusUnauthorized:
		return ReasonUnauthorized
	case http.StatusForbidden:
		return ReasonForbidden
	case http.StatusNotFound, http.StatusGone:
		return ReasonNotFound
	case http.StatusConflict:
		return ReasonConflict
	case http.StatusRequestEntityTooLarge:
		return ReasonTooLarge
	default:
		return ReasonInvalid
	}
}

func statusVerdict(kind Kind, reason Reason, resp Response) Verdict {
	detail := strings.TrimSpace(fmt.Sprintf("%d %s", resp.Status, http.StatusText(resp.Status)))
	if said := Said(resp.Body); said != "" {
		detail += ": " + said
	}
	return Verdict{Kind: kind, Reason: reason, Detail: detail}
}

func redirectDetail(resp Response) string {
	return fmt.Sprintf("%d to %q is not followed; set the destination's url to where the vendor answers",
		resp.Status, cut(resp.Header["Location"]))
}
