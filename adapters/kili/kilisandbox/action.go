package kilisandbox

import (
	"context"
	"fmt"

	"github.com/graph-gophers/graphql-go"
)

// outcome is what an action on assets did: every asset that was named is under one of the three.
type outcome struct {
	Succeeded, Declined []assetRef
	Failed              []assetFailure
}

type assetRef struct {
	AssetID    graphql.ID
	ExternalID *string
}

type assetFailure struct {
	AssetID    graphql.ID
	ExternalID *string
	Details    *string
}

// SetAssetsPriority gives assets a priority; the higher comes first.
func (r *resolver) SetAssetsPriority(ctx context.Context, args struct {
	Where    assetWhere
	Priority int32
},
) (*outcome, error) {
	return r.act(ctx, args.Where, fmt.Sprintf("got priority %d", args.Priority), func(a *asset) bool {
		a.Priority = args.Priority
		return true
	})
}

// SendAssetsBackToQueue lets assets be labelled again. Those that still are to be labelled are declined.
func (r *resolver) SendAssetsBackToQueue(ctx context.Context, args struct{ Where assetWhere }) (*outcome, error) {
	return r.act(ctx, args.Where, "sent back to the queue", func(a *asset) bool {
		if a.queued() {
			return false
		}
		a.Status = statusOngoing
		a.sentBack++
		return true
	})
}

// AddAssetsToReview lets labelled assets be reviewed. Those without a label are declined.
func (r *resolver) AddAssetsToReview(ctx context.Context, args struct{ Where assetWhere }) (*outcome, error) {
	return r.act(ctx, args.Where, "sent to review", func(a *asset) bool {
		if a.queued() {
			return false
		}
		a.Status = statusToReview
		return true
	})
}

// act does something to each of the assets that are named by id. The asset busy-1 always fails, so that failing can be
// rehearsed.
func (r *resolver) act(ctx context.Context, where assetWhere, what string, do func(*asset) bool) (*outcome, error) {
	ids := where.IDIn
	switch {
	case ids == nil || len(*ids) == 0:
		return nil, failure{message: "[missingFilter] where.idIn must name the assets"}
	case len(*ids) > mostItems:
		return nil, failure{message: fmt.Sprintf("[tooManyAssets] %d assets in one call, at most %d", len(*ids), mostItems)}
	}
	out := &outcome{Succeeded: []assetRef{}, Declined: []assetRef{}, Failed: []assetFailure{}}
	for _, id := range *ids {
		a := r.store.byID[string(id)]
		switch {
		case a == nil || !where.has(a):
			out.Declined = append(out.Declined, assetRef{AssetID: id})
		case a.ExternalID == "busy-1":
			details := "the asset is locked by another write"
			out.Failed = append(out.Failed, assetFailure{id, &a.ExternalID, &details})
		case do(a):
			out.Succeeded = append(out.Succeeded, assetRef{id, &a.ExternalID})
		default:
			out.Declined = append(out.Declined, assetRef{id, &a.ExternalID})
		}
	}
	changed(ctx, fmt.Sprintf("%d assets %s, %d declined, %d failed", len(out.Succeeded), what, len(out.Declined), len(out.Failed)))
	return out, nil
}
