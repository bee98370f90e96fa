package config

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// choices says what could have been written instead of name: the nearest of the known names, or all of them.
func choices(name string, known []string) string {
	if len(known) == 0 {
		return ""
	}
	best, distance := "", len(name)/3+2
	for _, k := range known {
		if d := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(k)); d < distance {
			best, distance = k, d
		}
	}
	if best != "" {
		return "; did you mean " + best + "?"
	}
	return "; there are " + strings.Join(known, ", ")
}
