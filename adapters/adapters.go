// Package adapters is the list of the adapters, and of their vendors' stand-ins, that are compiled in.
package adapters

import (
	"github.com/labelgate/labelgate/adapters/cvat"
	"github.com/labelgate/labelgate/adapters/cvat/cvatsandbox"
	"github.com/labelgate/labelgate/adapters/encord"
	"github.com/labelgate/labelgate/adapters/encord/encordsandbox"
	"github.com/labelgate/labelgate/adapters/graphql"
	"github.com/labelgate/labelgate/adapters/kili"
	"github.com/labelgate/labelgate/adapters/kili/kilisandbox"
	"github.com/labelgate/labelgate/adapters/labelbox"
	"github.com/labelgate/labelgate/adapters/labelbox/labelboxsandbox"
	"github.com/labelgate/labelgate/adapters/labelstudio"
	"github.com/labelgate/labelgate/adapters/labelstudio/labelstudiosandbox"
	"github.com/labelgate/labelgate/adapters/rest"
	"github.com/labelgate/labelgate/adapters/scale"
	"github.com/labelgate/labelgate/adapters/scale/scalesandbox"
	"github.com/labelgate/labelgate/adapters/segments"
	"github.com/labelgate/labelgate/adapters/segments/segmentssandbox"
	"github.com/labelgate/labelgate/adapters/supervisely"
	"github.com/labelgate/labelgate/adapters/supervisely/superviselysandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/sandbox"
)

// All returns every adapter of this build. A new one is a folder and a line here.
func All() []adapter.Factory {
	return []adapter.Factory{
		encord.Factory(),
		cvat.Factory(),
		graphql.Factory(),
		kili.Factory(),
		labelbox.Factory(),
		labelbox.LegacyFactory(),
		labelstudio.Factory(),
		rest.Factory(),
		scale.Factory(),
		segments.Factory(),
		supervisely.Factory(),
	}
}

// Sandboxes returns the vendors that `labelgate sandbox --vendor NAME` can play, besides the generic one. A new one is a
// folder below the adapter's and a line here.
func Sandboxes() []sandbox.Vendor {
	return []sandbox.Vendor{
		cvatsandbox.Vendor(),
		encordsandbox.Vendor(),
		kilisandbox.Vendor(),
		labelboxsandbox.Vendor(),
		labelstudiosandbox.Vendor(),
		scalesandbox.Vendor(),
		segmentssandbox.Vendor(),
		superviselysandbox.Vendor(),
	}
}
