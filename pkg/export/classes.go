package export

import (
	"fmt"
	"maps"
	"slices"
)

// Unmapped says what becomes of a label whose class is not in a class map.
type Unmapped string

// What can become of it. UnmappedNames lists them for an option's `enum` tag.
const (
	// UnmappedFail: the item that the label belongs to is refused, so that nothing goes to the vendor half.
	UnmappedFail Unmapped = "fail"
	// UnmappedSkip: the label is left out, and noted.
	UnmappedSkip Unmapped = "skip"
	// UnmappedKeep: the label is sent with the class it has.
	UnmappedKeep Unmapped = "keep"

	UnmappedNames = "fail,skip,keep"
)

// Classes translates classes of the export into a vendor's.
type Classes struct {
	// Map is from class to vendor's class.
	Map map[string]string
	// Unmapped is what becomes of the others; UnmappedKeep when it is empty and there is no map, else UnmappedFail.
	Unmapped Unmapped
}

// Rule is the rule for classes that are not in the map.
func (c Classes) Rule() Unmapped {
	switch {
	case c.Unmapped != "":
		return c.Unmapped
	case len(c.Map) == 0:
		return UnmappedKeep
	default:
		return UnmappedFail
	}
}

// Of returns the vendor's class. ok is false for a class that is to be skipped; the error is for one that fails.
func (c Classes) Of(class string) (name string, ok bool, err error) {
	if name, ok := c.Map[class]; ok {
		return name, true, nil
	}
	switch c.Rule() {
	case UnmappedKeep:
		return class, true, nil
	case UnmappedSkip:
		return "", false, nil
	default:
		return "", false, fmt.Errorf("class %q is not in classes; add it there, or set unmapped to skip or keep", class)
	}
}

// Names are the vendor's classes that the map leads to, in order, once each.
func (c Classes) Names() []string {
	return slices.Compact(slices.Sorted(maps.Values(c.Map)))
}
