// Package encord delivers to Encord.
package encord

import "github.com/labelgate/labelgate/pkg/adapter"

// Factory returns the adapter's factory.
func Factory() adapter.Factory {
	return adapter.Factory{Name: "encord", Auth: adapter.Auth{Sign: sign}}
}
