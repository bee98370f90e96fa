package config

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

const docsHead = `# Configuration

<!-- Made from the code by go test ./configs -update. Do not edit. -->

One YAML file, ` + "`labelgate.yaml`" + ` unless ` + "`-c FILE`" + ` names another. ` + "`labelgate init`" + ` writes a commented one,
` + "`labelgate check`" + ` finds every mistake in it at once, and ` + "`labelgate schema`" + ` prints its JSON Schema for your editor.

| written | stands for |
| --- | --- |
| ` + "`${NAME}`" + ` | the environment's NAME; a missing name is an error |
| ` + "`${NAME:-default}`" + ` | the same, or the default where NAME is missing or empty |
| ` + "`${file:/run/secrets/key}`" + ` | the file's content without the line break at its end; a relative path begins at the config file |
| ` + "`$${`" + ` | the text ` + "`${`" + ` |

References stand in values, not in keys, and what they bring stays text: it cannot change the structure of the file. Inside
` + "`[ ]` and `{ }`" + ` write them in quotes. Nothing but ` + "`${`" + ` is special, so jq and GraphQL can be written as they are.
Durations are written ` + "`30s`, `10m`, `720h`" + `; sizes are bytes, or ` + "`64KiB`, `512MiB`, `10MB`" + `. Anchors, aliases and ` + "`<<`" + ` work.

The options of a route are laid over those of its destination, mapping by mapping; lists and values replace. An empty
value (` + "`key:`" + ` with nothing behind it) takes the adapter's default again.
`

// Markdown returns docs/configuration.md: every key with its type, default and meaning, and the adapters' options.
func Markdown(reg *adapter.Registry) []byte {
	var out bytes.Buffer
	out.WriteString(docsHead)
	section(&out, "", reflect.ValueOf(defaults()).Elem())
	out.WriteString("\n## Adapters\n\nWhat `options` can say depends on the destination's `adapter`.\n")
	for _, name := range reg.Names() {
		factory, _ := reg.Get(name)
		fmt.Fprintf(&out, "\n### options of %s\n\n%s\n\n", name, factory.Summary)
		table(&out)
		for _, o := range DescribeOptions(factory) {
			row(&out, o)
		}
	}
	return out.Bytes()
}

// section writes the table of a struct, then the sections of the structs in it.
func section(out *bytes.Buffer, path string, v reflect.Value) {
	fmt.Fprintf(out, "\n## %s\n\n", orWord(path, "The file"))
	table(out)
	fields := fieldsOf(v.Type())
	for _, f := range fields {
		row(out, describe(f, f.name, v.FieldByIndex(f.index)))
	}
	for _, f := range fields {
		if inner, suffix, ok := structIn(v.FieldByIndex(f.index)); ok {
			section(out, join(path, f.name)+suffix, inner)
		}
	}
}

func table(out *bytes.Buffer) {
	out.WriteString("| key | type | default | meaning |\n| --- | --- | --- | --- |\n")
}

func row(out *bytes.Buffer, o Option) {
	def := o.Default
	if def != "" {
		def = "`" + def + "`"
	}
	if o.Required {
		def = "required"
	}
	fmt.Fprintf(out, "| `%s` | %s | %s | %s |\n", o.Name, o.Type, def, strings.ReplaceAll(o.Doc, "|", `\|`))
}

func orWord(text, word string) string {
	if text == "" {
		return word
	}
	return text
}
