// Package pkg_test holds the rules of docs and design that no compiler holds: who may import whom, and who may do what.
package pkg_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

const module = "github.com/labelgate/labelgate/"

// layers says on which layer a package of ours is; it and the packages below it are one house on that layer.
var layers = map[string]int{
	"configs":    0,
	"pkg/crash":  0,
	"pkg/export": 0,

	"pkg/adapter": 1, "pkg/mapping": 1, "pkg/source": 1, "pkg/telemetry": 1,
	"pkg/config": 2, "pkg/store": 2, "pkg/transport": 2,
	"pkg/delivery": 3,
	"pkg/server":   4, "pkg/sandbox": 4,
	"pkg/gateway":   5,
	"cmd/labelgate": 6,
}

// narrow are packages that may import less than their layer allows.
var narrow = map[string][]string{
	"configs":       {},
	"pkg/transport": {"pkg/adapter"},
	"pkg/mapping":   {"pkg/export"},
	"pkg/sandbox":   {"pkg/export"},
}

// onlyIn says which package alone may import a library, and why.
var onlyIn = map[string]struct{ house, why string }{
	"gopkg.in/yaml.v3":                    {"pkg/config", "its strictness must be earned by a walker, and a later swap is then a change of one package"},
	"github.com/go-resty/resty/v2":        {"pkg/transport", "limits, redaction and outcomes hold only for calls that go through it"},
	"github.com/hasura/go-graphql-client": {"pkg/transport", "limits, redaction and outcomes hold only for calls that go through it"},
	"github.com/labstack/echo/v4":         {"pkg/server", "everything below must be usable without a web server"},
}

// configurable adapters are no vendors: their names are words of ours.
var configurable = []string{"graphql", "rest"}

func TestLayers(t *testing.T) {
	t.Parallel()
	tree := parse(t, os.DirFS(".."))
	require.Greater(t, len(tree), 50, "the walk has missed the source tree")
	require.Empty(t, broken(tree), "see docs/concepts.md for the layers")
}

// TestRulesBite breaks every rule once, so that none of them passes because it looks at nothing.
func TestRulesBite(t *testing.T) {
	t.Parallel()
	imports := func(name string) string { return "package x\nimport _ \"" + name + "\"\n" }
	cases := map[string]struct{ file, text, complaint string }{
		"upwards":            {"pkg/store/a.go", imports(module + "pkg/delivery"), "only lower layers"},
		"sideways":           {"pkg/store/a.go", imports(module + "pkg/config"), "only lower layers"},
		"into a house":       {"pkg/config/a.go", imports(module + "pkg/store/sqlite"), "only lower layers"},
		"not in the table":   {"pkg/util/a.go", "package x\n", "has no layer"},
		"narrow":             {"pkg/transport/a.go", imports(module + "pkg/source"), "may import only pkg/adapter"},
		"narrow to none":     {"configs/a.go", imports(module + "pkg/export"), "may import nothing of ours"},
		"pkg to adapters":    {"pkg/gateway/a_test.go", imports(module + "adapters/rest"), "nothing under pkg imports adapters"},
		"adapter to sandbox": {"adapters/acme/a.go", imports(module + "pkg/sandbox"), "an adapter computes"},
		"adapter to host":    {"adapters/acme/a.go", imports(module + "pkg/store"), "an adapter computes"},
		"library":            {"pkg/server/a.go", imports("github.com/go-resty/resty/v2"), "only pkg/transport"},
		"sub-library":        {"pkg/server/a.go", imports("github.com/hasura/go-graphql-client/pkg/jsonutil"), "only pkg/transport"},
		"init":               {"pkg/store/a.go", "package x\nfunc init() {}\n", "init()"},
		"exit":               {"cmd/labelgate/run.go", "package x\nimport \"os\"\nfunc f() { os.Exit(1) }\n", "os.Exit"},
		"vendor":             {"pkg/server/a.go", "package x\nconst a = \"the Acme way\"\n", `names the vendor "acme"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := fstest.MapFS{
				"adapters/acme/acme.go": {Data: []byte("package acme\nconst Name = \"acme\"\n")},
				c.file:                  {Data: []byte(c.text)},
			}
			complaints := broken(parse(t, tree))
			require.Len(t, complaints, 1)
			require.Contains(t, complaints[0], c.file)
			require.Contains(t, complaints[0], c.complaint)
		})
	}
}

// source is one parsed file.
type source struct {
	name    string // slash-separated, from the root
	house   string // the package of the table that it belongs to: "pkg/store", "adapters/rest"
	imports []string
	tree    *ast.File
}

// broken returns every breach of every rule, with the reason for the rule.
func broken(tree []source) []string {
	vendors := vendorsOf(tree)
	var all []string
	for _, s := range tree {
		for _, rule := range []func(source) []string{layerBreaches, libraryBreaches, languageBreaches} {
			all = append(all, rule(s)...)
		}
		all = append(all, vendorBreaches(s, vendors)...)
	}
	return all
}

// layerBreaches: what lies below can be understood, tested and replaced without what lies above.
func layerBreaches(s source) []string {
	var found []string
	if _, known := layers[s.house]; !known && strings.HasPrefix(s.house, "pkg/") {
		found = append(found, s.name+": "+s.house+" has no layer; put it into the table of pkg/layers_test.go")
	}
	for _, name := range s.imports {
		ours, ok := strings.CutPrefix(name, module)
		if !ok {
			continue
		}
		if why := forbidden(s, houseOf(ours)); why != "" {
			found = append(found, fmt.Sprintf("%s imports %s: %s", s.name, ours, why))
		}
	}
	return found
}

// forbidden says why a file may not import a house of ours; empty when it may.
func forbidden(s source, to string) string {
	switch {
	case s.house == to:
		return ""
	case strings.HasPrefix(s.house, "pkg/") && strings.HasPrefix(to, "adapters"):
		return "nothing under pkg imports adapters, so that a private build brings its own list"
	case strings.HasPrefix(s.house, "adapters/"):
		return forbiddenToAdapter(s, to)
	}
	from, layered := layers[s.house]
	if !layered || to == "adapters" {
		return "" // adapters.go, and the programs that measure and test the whole
	}
	if s.house == "configs" && s.isTest() {
		return "" // sample configs are tried on the code that reads them
	}
	if allowed, isNarrow := narrow[s.house]; isNarrow && !s.isTest() && !slices.Contains(allowed, to) {
		return s.house + " may import " + oneOf(allowed)
	}
	if layers[to] > from || layers[to] == from && !s.isTest() {
		return "a package imports only lower layers, never sideways"
	}
	return ""
}

func forbiddenToAdapter(s source, to string) string {
	if s.isStandIn() && to == "pkg/sandbox" {
		return "" // it plays the vendor, on the other side of the wire
	}
	allowed := []string{"pkg/export", "pkg/adapter"}
	if slices.Contains(configurable, path.Base(s.house)) {
		allowed = append(allowed, "pkg/mapping")
	}
	if s.isTest() || slices.Contains(allowed, to) {
		return ""
	}
	return "an adapter computes and never acts; it may import " + oneOf(allowed)
}

// libraryBreaches: each of these libraries has traps that one package knows. Tests may use them to look from outside.
func libraryBreaches(s source) []string {
	if s.isTest() {
		return nil
	}
	var found []string
	for _, name := range s.imports {
		for _, library := range slices.Sorted(maps.Keys(onlyIn)) {
			rule := onlyIn[library]
			if (name == library || strings.HasPrefix(name, library+"/")) && s.house != rule.house {
				found = append(found, fmt.Sprintf("%s imports %s: only %s may, because %s", s.name, name, rule.house, rule.why))
			}
		}
	}
	return found
}

// languageBreaches: nothing happens before main, and only main ends the process.
func languageBreaches(s source) []string {
	var found []string
	mayExit := s.name == "cmd/labelgate/main.go" || strings.HasPrefix(s.name, "cmd/bench/") || s.isTest()
	ast.Inspect(s.tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Name.Name == "init" && n.Recv == nil {
				found = append(found, s.name+" has an init(): registration is one explicit list, and nothing runs before main")
			}
		case *ast.SelectorExpr:
			if from, ok := n.X.(*ast.Ident); ok && from.Name == "os" && n.Sel.Name == "Exit" && !mayExit {
				found = append(found, s.name+" calls os.Exit: only cmd/labelgate/main.go may, deferred clean-up is lost elsewhere")
			}
		}
		return true
	})
	return found
}

// vendorBreaches: adding a vendor touches its own folder and one line of adapters.go. Comments and field tags are docs.
func vendorBreaches(s source, vendors []string) []string {
	if strings.HasPrefix(s.house, "adapters") || s.house == "configs" {
		return nil
	}
	var found []string
	ast.Inspect(s.tree, func(n ast.Node) bool {
		if field, ok := n.(*ast.Field); ok {
			field.Tag = nil
		}
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		for _, vendor := range vendors {
			if regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(vendor) + `\b`).MatchString(literal.Value) {
				found = append(found, fmt.Sprintf("%s names the vendor %q: only its own folder and adapters.go may", s.name, vendor))
			}
		}
		return true
	})
	return found
}

func vendorsOf(tree []source) []string {
	var vendors []string
	for _, s := range tree {
		vendor, ok := strings.CutPrefix(s.house, "adapters/")
		if ok && !slices.Contains(configurable, vendor) && !slices.Contains(vendors, vendor) {
			vendors = append(vendors, vendor)
		}
	}
	return vendors
}

// isTest reports whether a file is a test or part of a test kit, such as adaptertest.
func (s source) isTest() bool {
	return strings.HasSuffix(s.name, "_test.go") || strings.HasSuffix(path.Dir(s.name), "test")
}

// isStandIn reports whether a file plays a vendor for `labelgate sandbox`: adapters/NAME/NAMEsandbox.
func (s source) isStandIn() bool {
	return strings.HasPrefix(s.name, "adapters/") && strings.HasSuffix(path.Dir(s.name), "sandbox")
}

// parse reads every Go file below root but those of test data and dot folders.
func parse(t *testing.T, root fs.FS) []source {
	t.Helper()
	var tree []source
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")) {
			return fs.SkipDir
		}
		if d.IsDir() || path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		tree = append(tree, source{name: name, house: houseOf(path.Dir(name)), imports: importsOf(file), tree: file})
		return nil
	})
	require.NoError(t, err)
	return tree
}

func importsOf(file *ast.File) []string {
	names := make([]string, 0, len(file.Imports))
	for _, spec := range file.Imports {
		if name, err := strconv.Unquote(spec.Path.Value); err == nil {
			names = append(names, name)
		}
	}
	return names
}

// houseOf returns the package of the table that a folder belongs to: its first two names.
func houseOf(folder string) string {
	parts := strings.SplitN(folder, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}

func oneOf(allowed []string) string {
	if len(allowed) == 0 {
		return "nothing of ours"
	}
	return "only " + strings.Join(allowed, " and ")
}
