package adapter

// Reason is why a call or a delivery did not succeed: one of a fixed list, used as a log field and a metric label.
type Reason string

// The reasons. ReasonNone is that of success.
const (
	ReasonNone           Reason = ""
	ReasonRateLimited    Reason = "rate_limited"    // 429, or the vendor's own word for it
	ReasonUnavailable    Reason = "unavailable"     // 5xx, connection refused, host not found
	ReasonTimeout        Reason = "timeout"         // no answer in time, 408
	ReasonConnection     Reason = "connection"      // the connection broke
	ReasonTLS            Reason = "tls"             // the certificate is not good
	ReasonUnauthorized   Reason = "unauthorized"    // 401: the key is not good
	ReasonForbidden      Reason = "forbidden"       // 403: the key may not do this
	ReasonNotFound       Reason = "not_found"       // 404: a wrong url, or an unknown project
	ReasonConflict       Reason = "conflict"        // 409
	ReasonInvalid        Reason = "invalid"         // the vendor does not accept the request's content
	ReasonTooLarge       Reason = "too_large"       // 413, or an answer over the limit
	ReasonRedirect       Reason = "redirect"        // redirects are not followed: credentials stay home
	ReasonBadAnswer      Reason = "bad_answer"      // an answer that is not what the vendor's API says
	ReasonGraphQL        Reason = "graphql_error"   // GraphQL errors without a code that says more
	ReasonOutcomeUnknown Reason = "outcome_unknown" // the call may have been made; a person must say
	ReasonPlanDrift      Reason = "plan_drift"      // the same step has a different call than before
	ReasonPlan           Reason = "plan"            // the adapter could not plan the delivery
	ReasonPanic          Reason = "panic"           // the adapter panicked
	ReasonItemsRefused   Reason = "items_refused"   // some items were refused, the rest was taken
	ReasonNothingToSend  Reason = "nothing_to_send" // every item was refused
	ReasonGaveUp         Reason = "gave_up"         // retried for longer than give_up_after
	ReasonNoRoute        Reason = "no_route"        // the config has no such route any more
	ReasonPayload        Reason = "payload"         // the journaled payload cannot be read
	ReasonInternal       Reason = "internal"        // a defect of Labelgate
)

// Reasons lists all reasons but ReasonNone, in the order above.
func Reasons() []Reason {
	return []Reason{
		ReasonRateLimited, ReasonUnavailable, ReasonTimeout, ReasonConnection, ReasonTLS, ReasonUnauthorized, ReasonForbidden,
		ReasonNotFound, ReasonConflict, ReasonInvalid, ReasonTooLarge, ReasonRedirect, ReasonBadAnswer, ReasonGraphQL,
		ReasonOutcomeUnknown, ReasonPlanDrift, ReasonPlan, ReasonPanic, ReasonItemsRefused, ReasonNothingToSend, ReasonGaveUp,
		ReasonNoRoute, ReasonPayload, ReasonInternal,
	}
}
