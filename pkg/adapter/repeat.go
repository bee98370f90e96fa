package adapter

import (
	"fmt"
	"strings"
)

// RepeatNames are the repeat rules that options can name, for an option's `enum` tag: "keyed,safe,never".
const RepeatNames = "keyed,safe,never"

// ParseRepeat returns the rule of that name. RepeatCheckFirst needs a call of its own and has none.
func ParseRepeat(name string) (Repeat, error) {
	switch name {
	case "keyed":
		return RepeatKeyed, nil
	case "safe":
		return RepeatSafe, nil
	case "never":
		return RepeatNever, nil
	default:
		return 0, fmt.Errorf("%q is not known; use keyed, safe or never", name)
	}
}

// IdempotencyKey is the key of a step: the same for every try of the step, different for every other step and delivery.
// It holds letters, digits and '-' alone where the step id has '/' and '_' besides them.
func IdempotencyKey(delivery, step string) string {
	return delivery + "-" + strings.NewReplacer("/", "-", "_", "-", ".", "-").Replace(step)
}
