// Package adapters is the list of the adapters that are compiled in.
package adapters

import (
	"github.com/labelgate/labelgate/adapters/graphql"
	"github.com/labelgate/labelgate/adapters/rest"
	"github.com/labelgate/labelgate/pkg/adapter"
)

// All returns every adapter of this build. A new one is a folder and a line here.
func All() []adapter.Factory {
	return []adapter.Factory{
		graphql.Factory(),
		rest.Factory(),
	}
}
