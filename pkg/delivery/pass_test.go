package delivery_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/transport"
)

// frames is a source of "frame:label,label" for a frame, "frame/label" for a crop; fields that are not asked for are not there.
type frames struct{ lines }

func (frames) Elements(_ *export.Event, body io.Reader, fields export.Fields) iter.Seq2[*export.Element, error] {
	return func(yield func(*export.Element, error) bool) {
		text, err := io.ReadAll(body)
		if err != nil {
			yield(nil, err)
			return
		}
		for i, word := range strings.Fields(string(text)) {
			el := &export.Element{Index: i, ID: fmt.Sprint("el-", i), Frame: &export.Frame{}}
			if frame, label, isCrop := strings.Cut(word, "/"); isCrop {
				el.Type, el.FrameID, el.Crop = export.ElementCrop, frame, &export.Label{ID: label}
			} else {
				frame, labels, _ := strings.Cut(word, ":")
				el.Type, el.FrameID = export.ElementFrame, frame
				for _, label := range strings.FieldsFunc(labels, func(r rune) bool { return r == ',' }) {
					el.Frame.Labels = append(el.Frame.Labels, export.Label{ID: label})
				}
			}
			if !fields.Has(export.FieldLabels) {
				el.Frame.Labels, el.Crop = nil, nil
			}
			if !yield(el, nil) {
				return
			}
		}
	}
}

// platform is a vendor that takes what it has an asset of, and an adapter for it. What tests change is guarded.
type platform struct {
	mu       sync.Mutex
	assets   string   // it refuses items whose letter is not here
	chunk    int      // items a call
	whole    bool     // items are frames, not labels
	unmapped string   // labels that the plan refuses
	calls    []string // "key look-up", "key send a,b"
	lose     string   // the answer to a call with that item is lost, once
	hold     string   // calls that end so are not answered
	repeat   adapter.Repeat
	fail     string // the plan fails with that
}

func (p *platform) set(change func(*platform)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

// made returns the calls so far, and forgets them.
func (p *platform) made() (calls []string) {
	p.set(func(p *platform) { calls, p.calls = p.calls, nil })
	return calls
}

func (*platform) Redact(s string) string { return s }

func (p *platform) Do(ctx context.Context, call adapter.Call) (adapter.Response, error) {
	p.mu.Lock()
	p.calls = append(p.calls, call.Path)
	_, items, _ := strings.Cut(call.Path, " send ")
	hold := p.hold != "" && strings.HasSuffix(call.Path, p.hold)
	lose := p.lose != "" && strings.Contains(items, p.lose)
	if lose {
		p.lose = ""
	}
	var missing []string
	for item := range strings.SplitSeq(items, ",") {
		if !strings.Contains(p.assets, item) {
			missing = append(missing, item)
		}
	}
	p.mu.Unlock()
	if hold {
		<-ctx.Done()
		return adapter.Response{}, &transport.Failure{Reason: adapter.ReasonConnection, Sent: true, Detail: "cut"}
	}
	if lose {
		return adapter.Response{}, &transport.Failure{Reason: adapter.ReasonConnection, Sent: true, Detail: "lost"}
	}
	return adapter.Response{Status: 200, Body: []byte(strings.Join(missing, ","))}, nil
}

func (*platform) Judge(_ adapter.Step, r adapter.Response) adapter.Verdict {
	v := adapter.Verdict{}
	for _, item := range strings.FieldsFunc(string(r.Body), func(r rune) bool { return r == ',' }) {
		if v.Failed == nil {
			v.Failed = map[export.ItemID]string{}
		}
		v.Failed[export.ItemID(item)] = "no asset"
	}
	return v
}

func (p *platform) Plan(in adapter.Input, out adapter.Output) (more bool, err error) {
	p.mu.Lock()
	chunk, whole, unmapped, repeat, fail := p.chunk, p.whole, p.unmapped, p.repeat, p.fail
	p.mu.Unlock()
	look := adapter.Step{ID: "look-up", Call: adapter.Call{Path: in.Key + " look-up"}}
	if err := out.Emit(look); err != nil || !in.Done(look.ID) {
		return true, err
	}
	if fail != "" {
		return false, fmt.Errorf("plan: %s", fail)
	}
	var items []string
	err = adapter.EachSubject(in, out, export.FieldLabels, func(s *export.Subject) error {
		if whole {
			items = append(items, string(s.Item()))
		}
		for i, l := range s.Labels {
			at := s.ElementOf(i)
			switch {
			case strings.Contains(unmapped, l.ID):
				if err := out.Refuse(adapter.Refusal{Index: at.Index, ElementID: at.ID, Item: export.ItemID(l.ID), Reason: "unmapped"}); err != nil {
					return err
				}
			case !whole:
				items = append(items, l.ID)
			}
			if err := out.Note(adapter.Note{Index: at.Index, ElementID: at.ID, Item: export.ItemID(l.ID), Text: "clamped"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	for n, some := range slices.Collect(slices.Chunk(items, chunk)) {
		step := adapter.Step{
			ID: fmt.Sprintf("send/%d", n+1), Repeat: repeat,
			Call: adapter.Call{Path: in.Key + " send " + strings.Join(some, ",")},
		}
		for _, item := range some {
			step.Items = append(step.Items, export.ItemID(item))
		}
		if err := out.Emit(step); err != nil {
			return false, err
		}
	}
	return false, nil
}

func setupPlatform(t *testing.T, p *platform) *bundle {
	t.Helper()
	return setup(t, nil, func(d *delivery.Destination) {
		d.Caller = p
		d.Routes[0].Adapter, d.Routes[0].Source = p, frames{}
	})
}

// keys are the keys of a delivery's passes.
func keys(d *store.Detail) (all [5]string) {
	all[1] = d.Key
	for n := 2; n < len(all); n++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", d.Key, n))
		all[n] = hex.EncodeToString(sum[:16])
	}
	return all
}

func (b *bundle) redrive(t *testing.T, id int64) {
	t.Helper()
	require.NoError(t, b.engine.Redrive(t.Context(), id))
}

// over waits for a delivery to come to a state in a pass, and audits the store then.
func (b *bundle) over(t *testing.T, id int64, pass int, want store.State) *store.Detail {
	t.Helper()
	var d *store.Detail
	require.Eventually(t, func() bool {
		var err error
		d, err = b.store.Get(context.Background(), id)
		return err == nil && d.State == want && d.Pass == pass
	}, 10*time.Second, time.Millisecond, "delivery %d never got %s in pass %d: %+v", id, want, pass, d)
	audited, err := store.Audit(t.Context(), b.store)
	require.NoError(t, err)
	require.Empty(t, audited.Findings)
	return d
}

// TestARedriveSendsWhatWasRefused: once the vendor has the assets, under a new key, in chunks of today; and nothing else.
func TestARedriveSendsWhatWasRefused(t *testing.T) {
	t.Parallel()
	p := &platform{assets: "abe", chunk: 2, unmapped: "x"}
	b := setupPlatform(t, p)
	id := b.accept(t, "f1:a,b,c f2:d,x f3:e,f f3/e f4:g")
	d := b.over(t, id, 1, store.Partial)
	require.Equal(t, []int{3, 5}, []int{d.Accepted, d.Refused})
	key := keys(d)
	require.Equal(t, []string{
		key[1] + " look-up", key[1] + " send a,b", key[1] + " send c,d", key[1] + " send e,f", key[1] + " send g",
	}, p.made())

	p.set(func(p *platform) { p.assets, p.chunk, p.unmapped = "cdfxabe", 3, "" })
	estimate, err := b.engine.Estimate(t.Context(), delivery.Selection{IDs: []int64{id}})
	require.NoError(t, err)
	require.Equal(t, []any{1, 5, 1, true}, []any{estimate.Deliveries, estimate.Items, estimate.Calls, estimate.AtLeast})
	require.Empty(t, p.made())
	b.redrive(t, id)
	d = b.over(t, id, 2, store.Partial)
	require.Equal(t, []int{7, 1}, []int{d.Accepted, d.Refused})
	require.Equal(t, []string{key[2] + " look-up", key[2] + " send c,d,x", key[2] + " send f,g"}, p.made())

	b.redrive(t, id) // nothing has changed
	d = b.over(t, id, 3, store.Partial)
	require.Equal(t, []int{7, 1}, []int{d.Accepted, d.Refused})
	require.Equal(t, []string{key[3] + " look-up", key[3] + " send g"}, p.made())

	p.set(func(p *platform) { p.assets = "g" })
	b.redrive(t, id)
	d = b.over(t, id, 4, store.Delivered)
	require.Equal(t, []any{8, 0, adapter.ReasonNone}, []any{d.Accepted, d.Refused, d.Reason})
	require.Equal(t, []string{key[4] + " look-up", key[4] + " send g"}, p.made())
	require.Equal(t, store.ItemCounts{Accepted: 8}, d.Items)
	require.Empty(t, d.Refusals)
	require.Equal(t, "pass-4/send/1", d.Steps[len(d.Steps)-1].ID)
	require.Len(t, d.Notes, 8, "also those of what was accepted before")
	require.ErrorIs(t, b.engine.Redrive(t.Context(), id), store.ErrState)
}

// TestEverythingRefusedIsSentAgain: also where no step was ever begun.
func TestEverythingRefusedIsSentAgain(t *testing.T) {
	t.Parallel()
	p := &platform{chunk: 9, unmapped: "b"}
	b := setupPlatform(t, p)
	first, second := b.accept(t, "f1:a f2/b"), b.accept(t, "f2/b")
	for _, id := range []int64{first, second} {
		require.Equal(t, adapter.ReasonNothingToSend, b.over(t, id, 1, store.Dead).Reason)
	}
	for _, id := range []int64{first, second} {
		b.redrive(t, id)
		require.Equal(t, adapter.ReasonNothingToSend, b.over(t, id, 2, store.Dead).Reason)
	}
	p.set(func(p *platform) { p.assets, p.unmapped = "ab", "" })
	for n, id := range []int64{first, second} {
		b.redrive(t, id)
		require.Equal(t, 2-n, b.over(t, id, 3, store.Delivered).Accepted)
	}
}

// TestWhatIsRefusedOfASentFrameStaysRefused: a vendor that has the frame is not sent it again for one label.
func TestWhatIsRefusedOfASentFrameStaysRefused(t *testing.T) {
	t.Parallel()
	p := &platform{assets: "F", chunk: 9, whole: true, unmapped: "bd"}
	b := setupPlatform(t, p)
	id := b.accept(t, "F:a,b G/c G/d H")
	d := b.over(t, id, 1, store.Partial)
	require.Equal(t, []int{1, 4}, []int{d.Accepted, d.Refused}, "G and H, and the labels b and d")
	p.made()
	p.set(func(p *platform) { p.assets, p.unmapped = "FGH", "" })
	b.redrive(t, id)
	d = b.over(t, id, 2, store.Partial)
	require.Equal(t, []string{keys(d)[2] + " look-up", keys(d)[2] + " send G,H"}, p.made())
	require.Equal(t, []int{3, 1}, []int{d.Accepted, d.Refused})
	require.Equal(t, []adapter.Refusal{{Index: 0, ElementID: "el-0", Item: "b", Reason: "unmapped"}}, d.Refusals)
	require.Len(t, d.Notes, 4)
	b.redrive(t, id)
	d = b.over(t, id, 3, store.Partial)
	require.Equal(t, []int{3, 1}, []int{d.Accepted, d.Refused})
	require.Equal(t, []string{keys(d)[3] + " look-up"}, p.made(), "nothing is left to send")
}

// TestAPassGoesOnAfterARestart: it is neither begun anew nor followed by another one.
func TestAPassGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	p := &platform{assets: "a", chunk: 1, unmapped: "x"}
	b := setupPlatform(t, p)
	id := b.accept(t, "f1:a,b,x f2:c f3:d")
	b.over(t, id, 1, store.Partial)
	p.made()
	p.set(func(p *platform) { p.assets, p.hold = "abc", "send c" })
	b.redrive(t, id)
	var seen []string
	require.Eventually(t, func() bool {
		seen = append(seen, p.made()...)
		return len(seen) == 3
	}, 10*time.Second, time.Millisecond)
	cut, cancel := context.WithCancel(t.Context())
	cancel()
	b.engine.Drain(cut)
	require.NoError(t, b.store.Close())
	p.set(func(p *platform) { p.hold = "" })
	b.open(t)
	before, err := b.store.Get(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, []int{2, 2}, []int{before.Pass, before.Accepted})
	b.start(t)
	d := b.over(t, id, 2, store.Partial)
	key := keys(d)[2]
	require.Equal(t, []string{key + " look-up", key + " send b", key + " send c"}, seen)
	require.Equal(t, []string{key + " send c", key + " send d"}, p.made())
	require.Equal(t, []int{3, 2}, []int{d.Accepted, d.Refused})
}

// TestAPersonSettlesAStepOfAPass: it is named as it is recorded.
func TestAPersonSettlesAStepOfAPass(t *testing.T) {
	t.Parallel()
	p := &platform{assets: "a", chunk: 9, repeat: adapter.RepeatNever}
	b := setupPlatform(t, p)
	id := b.accept(t, "f1:a,b,c")
	b.over(t, id, 1, store.Partial)
	p.set(func(p *platform) { p.assets, p.lose = "abc", "b" })
	b.redrive(t, id)
	d := b.over(t, id, 2, store.Waiting)
	require.Equal(t, adapter.ReasonOutcomeUnknown, d.Reason)
	require.Contains(t, d.Detail, `step "pass-2/send/1"`)
	require.Equal(t, store.ItemCounts{Accepted: 1, Unknown: 2}, d.Items)
	err := b.engine.Redrive(t.Context(), id)
	require.ErrorIs(t, err, store.ErrUnsettled)
	require.ErrorContains(t, err, "--step pass-2/send/1 ")
	estimate, err := b.engine.Estimate(t.Context(), delivery.Selection{IDs: []int64{id}})
	require.NoError(t, err)
	require.Equal(t, 1, estimate.Unsettled)
	require.NoError(t, b.engine.Settle(t.Context(), id, store.Settlement{
		Step: "pass-2/send/1", Outcome: store.StepSettled, Refused: []adapter.Refusal{{Index: -1, Item: "c", Reason: "not there"}},
	}))
	p.made()
	b.redrive(t, id)
	d = b.over(t, id, 2, store.Partial)
	require.Equal(t, []int{2, 1}, []int{d.Accepted, d.Refused})
	require.Empty(t, p.made())
	b.redrive(t, id)
	require.Equal(t, 3, b.over(t, id, 3, store.Delivered).Accepted)
}

// TestAPassThatCannotBePlannedLosesNothing: what waits still waits, what is refused of sent frames stays told, and the next
// redrive is in the same pass.
func TestAPassThatCannotBePlannedLosesNothing(t *testing.T) {
	t.Parallel()
	p := &platform{assets: "F", chunk: 9, whole: true, unmapped: "b"}
	b := setupPlatform(t, p)
	id := b.accept(t, "F:a,b G")
	b.over(t, id, 1, store.Partial)
	p.set(func(p *platform) { p.fail = "no such class" })
	b.redrive(t, id)
	d := b.over(t, id, 2, store.Dead)
	require.Equal(t, adapter.ReasonPlan, d.Reason)
	require.Equal(t, store.ItemCounts{Accepted: 1, Refused: 1, Pending: 1}, d.Items)
	require.Len(t, d.Notes, 2)
	estimate, err := b.engine.Estimate(t.Context(), delivery.Selection{IDs: []int64{id}})
	require.NoError(t, err)
	require.Equal(t, 1, estimate.Stranded)
	p.set(func(p *platform) { p.fail, p.assets = "", "FG" })
	b.redrive(t, id)
	d = b.over(t, id, 2, store.Partial)
	require.Equal(t, []int{2, 1}, []int{d.Accepted, d.Refused})
	require.Equal(t, store.ItemCounts{Accepted: 2, Refused: 1}, d.Items)
}

// TestAPassRepeatsNothing: where an adapter names items by what no element shows, nothing is sent rather than sent twice.
func TestAPassRepeatsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one", func(s *adapter.Step) { s.Items = []export.ItemID{"good", "bad"} })))
	b.vendor.on("/one", answer{status: 207})
	id := b.accept(t, "e")
	b.over(t, id, 1, store.Partial)
	b.redrive(t, id)
	d := b.over(t, id, 2, store.Dead)
	require.Equal(t, adapter.ReasonPlanDrift, d.Reason)
	require.Contains(t, d.Detail, `step "pass-2/one" is for item "good" too`)
	require.Equal(t, []string{"/one"}, b.vendor.made())
	require.Equal(t, store.ItemCounts{Accepted: 1, Pending: 1}, d.Items)
}
