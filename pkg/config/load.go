package config

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// LoadOptions are what a config file refers to.
type LoadOptions struct {
	// Adapters are the adapters that destinations may name.
	Adapters *adapter.Registry
	// LookupEnv finds the value of ${NAME}; os.LookupEnv when nil.
	LookupEnv func(name string) (value string, ok bool)
	// ReadFile reads the config file and ${file:PATH}; os.ReadFile when nil.
	ReadFile func(path string) ([]byte, error)
}

// Load reads a config file. All mistakes in it are returned at once, as Errors; any other error is the one of reading the
// file. Paths of ${file:PATH} are relative to the folder of the config file.
func Load(path string, o LoadOptions) (*Config, error) {
	o = o.withDefaults()
	data, err := o.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("config: %w; labelgate init writes one to start from", err)
	}
	return Parse(path, data, o)
}

// Parse reads the text of a config file of that name, as Load does.
func Parse(name string, data []byte, o LoadOptions) (*Config, error) {
	o = o.withDefaults()
	root, err := parseDocument(name, data)
	if err != nil {
		return nil, err
	}
	c := defaults()
	d := newDecoder(newFiller(name, string(data), o))
	d.decode(reflect.ValueOf(c).Elem(), "", root)
	if !d.endless {
		check := &checker{decoder: d, config: c, adapters: o.Adapters}
		check.all()
	}
	if len(d.errs) > 0 {
		return nil, inOrder(d.errs)
	}
	sum := sha256.Sum256(data)
	c.Digest = hex.EncodeToString(sum[:])
	return c, nil
}

func (o LoadOptions) withDefaults() LoadOptions {
	if o.LookupEnv == nil {
		o.LookupEnv = os.LookupEnv
	}
	if o.ReadFile == nil {
		o.ReadFile = os.ReadFile
	}
	if o.Adapters == nil {
		o.Adapters = &adapter.Registry{}
	}
	return o
}

// inOrder sorts by place and drops what was found twice, as behind an alias or in options that two routes share.
func inOrder(errs Errors) Errors {
	slices.SortStableFunc(errs, func(a, b Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(errs)
}

// besideFile makes a path in the config file relative to the config file.
func besideFile(file, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}

// isNull reports whether a value was left out: "key:", "key: ~".
func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }
