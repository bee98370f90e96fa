package e2e_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters"
	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/sandbox"
)

// crashRoundsRead is how many kills there are at each stand-in, unless LABELGATE_CRASH_ROUNDS says how many there are at all of them.
const crashRoundsRead = 2

// readTimeout is how long a call may take at the stand-ins.
const readTimeout = 2 * time.Second

// TestCrashAtAVendorWithAReadOnly is TestCrash at the stand-ins of vendors, which have no keys: what a kill leaves unknown is
// looked for at the vendor, and sent again only where it is not there. No effect is made twice, and nobody is asked.
func TestCrashAtAVendorWithAReadOnly(t *testing.T) {
	t.Parallel()
	flows := freeFlows()
	kills := crashRoundsRead
	if all := number(t, "LABELGATE_CRASH_ROUNDS", 0); all > 0 {
		kills = max(1, all/len(flows))
	}
	for i, flow := range flows {
		t.Run(flow.Config, func(t *testing.T) {
			t.Parallel()
			campaign(t, kills, uint64(100+i), func(t *testing.T) *crashed { return newReading(t, flow).crashed })
		})
	}
}

// freeFlows are those whose stand-ins take any event.
func freeFlows() (free []adapters.Flow) {
	for _, f := range adapters.Flows() {
		if f.Event == nil && f.Options == "" {
			free = append(free, f)
		}
	}
	return free
}

// quickFlows are those of them whose vendors take any number of calls a minute.
func quickFlows(t *testing.T) (quick []adapters.Flow) {
	t.Helper()
	registry, err := adapter.NewRegistry(adapters.All()...)
	require.NoError(t, err)
	for _, f := range freeFlows() {
		if factory, _ := registry.Get(f.Vendor.Name); factory.Limits.PerMinute == 0 {
			quick = append(quick, f)
		}
	}
	return quick
}

// reading is a stand-in vendor and the site that sends to it.
type reading struct {
	*crashed
	stand *sandbox.Server
}

func newReading(t *testing.T, flow adapters.Flow) *reading {
	t.Helper()
	r := &reading{stand: sandbox.New(sandbox.Options{Vendor: &flow.Vendor})}
	server := httptest.NewServer(slowly(r.stand.Handler()))
	t.Cleanup(server.Close)
	site := harness.NewSite(t, labelgate, hurriedConfig(t, flow.Config), server.URL+flow.Vendor.Path)
	site.Env["AQ_WEBHOOK_SECRET"] = t.Name()
	registry, err := adapter.NewRegistry(adapters.All()...)
	require.NoError(t, err)
	factory, ok := registry.Get(flow.Vendor.Name)
	require.True(t, ok)
	if factory.Auth.Sign != nil {
		site.Env["LABELING_API_KEY"] = privateKey(t)
	}
	r.crashed = &crashed{site: site, load: newLoad(), proof: r.proveRead}
	r.load.path, r.load.event, r.load.rest = webhook, withBoxes, restAt(factory.Limits.PerMinute)
	r.load.start(t)
	return r
}

// restAt is how long a sender rests between two events of some calls each, so that a backlog stays small at a vendor that takes so
// many calls a minute, 0 for any number.
func restAt(perMinute int) time.Duration {
	const calls = 6
	rest := 50 * time.Millisecond
	if perMinute > 0 {
		rest = max(rest, crashSenders*calls*time.Minute/time.Duration(perMinute))
	}
	return rest
}

// proveRead: everything is at the vendor, and nothing was made twice.
func (r *reading) proveRead(t *testing.T, g *harness.Gateway) (sum tally) {
	t.Helper()
	harness.Await(t, func() bool { return len(g.List(t, "queued,running,waiting")) == 0 }, "all accepted events are delivered")
	state, err := r.stand.State()
	require.NoError(t, err)
	for _, issue := range r.load.accepted {
		for n := range issue.FrameIDs() {
			sum.items++
			require.True(t, bytes.Contains(state, frameName(issue, n)), "%s is accepted, and not at the vendor", frameName(issue, n))
		}
	}
	require.Zero(t, r.stand.Twice(), "effects were made twice")
	sum.calls = int(r.stand.Summary().Requests)
	sum.sought = r.site.Logged(t, "the gateway ended during the call")
	return sum
}

// withBoxes is an event whose frames have one box each.
func withBoxes(issue harness.Issue) []byte {
	elements := make([]string, max(1, issue.Frames))
	for n := range elements {
		name := frameName(issue, n)
		sum := sha256.Sum256(name)
		elements[n] = fmt.Sprintf(`{"element_id": %[1]q, "element_type": "frame", "frame_id": %[1]q, "frame_data": {
			"label_data": [{"uuid": "%[2]x-%[3]x-4%[4]x-8%[4]x-%[5]x", "label": "dog", "label_type": "BBOX_2D", "label_coordinate_frame": "front",
				"attributes": {"top": %[6]d, "left": 20, "width": 300, "height": 200}}],
			"coordinate_frames": [{"coordinate_frame_id": "front", "coordinate_frame_type": "IMAGE"}],
			"sensor_data": [{"sensor_id": "front", "coordinate_frame": "front", "data_urls": {"image_url": "https://images.example.com/%[1]s.jpg"},
				"sensor_metadata": {"width": 1920, "height": 1080}}]}}`,
			name, sum[:4], sum[4:6], sum[6:8], sum[8:14], n)
	}
	return fmt.Appendf(nil, `{"event": "issue-exported", "project": "rarepets",
		"padding": %[3]q, "issue": {"id": %[1]q, "name": %[1]q, "dataset": "train", "elements": [%[2]s]}}`,
		issue.Name, strings.Join(elements, ", "), strings.Repeat("x", issue.Padding))
}

// frameName is the id of an issue's frame, and a part of its image's name.
func frameName(issue harness.Issue, n int) []byte {
	return fmt.Appendf(nil, "of-%s-frame-%d", issue.Name, n)
}

// slowly lets every effect come some time after its request, so that a gateway that is killed meanwhile may be back before. A vendor
// that is at work on a call for longer than a call may take gives it up, however busy the machine is.
func slowly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came := time.Now()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the gateway was killed while it sent
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		most := 20 * time.Millisecond
		if rand.IntN(10) == 0 {
			most = 400 * time.Millisecond
		}
		<-time.After(time.Duration(rand.Int64N(int64(most))))
		if time.Since(came) > readTimeout/2 {
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, r)
	})
}

// hurriedConfig is the config of `labelgate init NAME` with short times and without a limit a minute.
func hurriedConfig(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(harness.Root(), "configs", name+".yaml"))
	require.NoError(t, err)
	hurried := regexp.MustCompile(`(?m)^    limits:.*\n(?:      .*\n)*`).ReplaceAllString(string(text), "")
	hurried = strings.Replace(hurried, "\n    adapter:", `
    limits: {concurrency: 8, per_minute: 1000000, timeout: `+readTimeout.String()+`}
    retry: {initial: 20ms, max: 200ms, max_retry_after: 200ms, poll: 100ms, pause_after: 0}
    adapter:`, 1)
	path := filepath.Join(t.TempDir(), "labelgate.yaml")
	require.NoError(t, os.WriteFile(path, []byte(hurried), 0o600))
	return path
}
