package config_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/config"
)

// vendorOptions has a field of every kind that adapters' options can have.
type vendorOptions struct {
	Project string            `yaml:"project" required:"true" doc:"Project."`
	Mode    string            `yaml:"mode" enum:"fast,careful" doc:"Mode."`
	Batch   vendorBatch       `yaml:"batch" doc:"Batch."`
	Keep    map[string]string `yaml:"keep" doc:"Keep."`
	Tags    []string          `yaml:"tags" doc:"Tags."`
	Ratio   float64           `yaml:"ratio" doc:"Ratio."`
	Urgent  bool              `yaml:"urgent" doc:"Urgent."`
	Every   time.Duration     `yaml:"every" doc:"Every."`
	Limit   config.Size       `yaml:"limit" doc:"Limit."`
	Extra   any               `yaml:"extra" doc:"Extra."`
	Review  *vendorBatch      `yaml:"review" doc:"Review."`
	Stages  []vendorBatch     `yaml:"stages" doc:"Stages."`
	Token   config.Secret     `yaml:"token" doc:"Token."`
	vendorShared
}

type vendorShared struct {
	Locale string `yaml:"locale" doc:"Locale."`
}

type vendorBatch struct {
	Items int   `yaml:"items" doc:"Items."`
	Bytes int64 `yaml:"bytes" doc:"Bytes."`
}

// vendor is an adapter that remembers its options.
type vendor struct {
	adapter.Adapter
	options vendorOptions
}

func newVendor(options any) (adapter.Adapter, error) {
	o := *options.(*vendorOptions)
	var mistakes []error
	if o.Batch.Items < 0 {
		mistakes = append(mistakes, &adapter.OptionError{Option: "batch.items", Err: errors.New("must not be negative")})
	}
	for i, tag := range o.Tags {
		if tag == "bad" {
			mistakes = append(mistakes, &adapter.OptionError{Option: fmt.Sprintf("tags[%d]", i), Err: errors.New("is bad")})
		}
	}
	if o.Locale != "" {
		mistakes = append(mistakes, fmt.Errorf("there is no locale %q", o.Locale))
	}
	if o.Project == "none" {
		mistakes = append(mistakes, &adapter.OptionError{Option: "keep.id", Err: errors.New("required where there is no project")})
	}
	return vendor{options: o}, errors.Join(mistakes...)
}

func registry(t testing.TB) *adapter.Registry {
	t.Helper()
	reg, err := adapter.NewRegistry(adapter.Factory{
		Name: "vendor", Summary: "A vendor.", New: newVendor,
		Options: func() any { return &vendorOptions{Mode: "fast", Batch: vendorBatch{Items: 10}} },
	})
	require.NoError(t, err)
	return reg
}

// options returns load options with an environment and files of their own.
func options(t testing.TB, env, files map[string]string) config.LoadOptions {
	t.Helper()
	return config.LoadOptions{
		Adapters:  registry(t),
		LookupEnv: func(name string) (string, bool) { value, ok := env[name]; return value, ok },
		ReadFile: func(path string) ([]byte, error) {
			text, ok := files[path]
			if !ok {
				return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
			}
			return []byte(text), nil
		},
	}
}
