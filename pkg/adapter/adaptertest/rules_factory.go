package adaptertest

import (
	"fmt"
	"reflect"
	"regexp"

	"github.com/labelgate/labelgate/pkg/adapter"
)

var adapterName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// FactoryBreaches returns what is wrong with a factory before an adapter is made.
func FactoryBreaches(f adapter.Factory) []string {
	var found []string
	if !adapterName.MatchString(f.Name) {
		found = append(found, fmt.Sprintf("factory: the name %q may hold lower-case letters, digits and '-' only", f.Name))
	}
	if f.Summary == "" {
		found = append(found, "factory: no summary; `labelgate adapters` shows it")
	}
	options := reflect.TypeOf(f.Options())
	if options.Kind() != reflect.Pointer || options.Elem().Kind() != reflect.Struct {
		return append(found, "factory: Options must return a pointer to a struct")
	}
	if f.Options() == f.Options() {
		found = append(found, "factory: Options returns the same pointer twice; two adapters would share it")
	}
	return append(found, undocumented(options.Elem(), "")...)
}

// undocumented lists options without a name or a meaning.
func undocumented(t reflect.Type, path string) []string {
	var found []string
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		name := path + f.Tag.Get("yaml")
		if f.Tag.Get("yaml") == "" || f.Tag.Get("doc") == "" {
			found = append(found, fmt.Sprintf("factory: option %s.%s has no `yaml` or no `doc` tag", t.Name(), f.Name))
		}
		inner := f.Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice || inner.Kind() == reflect.Map {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			found = append(found, undocumented(inner, name+".")...)
		}
	}
	return found
}
