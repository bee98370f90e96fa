//go:build vendorclients

package supervisely_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestClientOperates: what Supervisely's own client takes for Supervisely is a good stand-in for it.
func TestClientOperates(t *testing.T) {
	t.Parallel()
	sandboxtest.Start(t, setup()).Client(t, "supervisely", "operate.py")
}

// read is what Supervisely's own client reads and understands of a delivery.
type read struct {
	Images []imageRead `json:"images"`
	Jobs   []jobRead   `json:"jobs"`
}

type imageRead struct {
	ID      int               `json:"id"`
	Name    string            `json:"name"`
	Link    string            `json:"link"`
	Meta    map[string]string `json:"meta"`
	Size    []int             `json:"size"`
	Tags    []tagRead         `json:"tags"`
	Objects []objectRead      `json:"objects"`
}

type tagRead struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

// objectRead is a figure, and the whole pixels that it reaches over: the first and the last, from left, top to right, bottom.
type objectRead struct {
	Class    string `json:"class"`
	Geometry string `json:"geometry"`
	Box      [4]int `json:"box"`
}

type jobRead struct {
	ID       int      `json:"id"`
	Name     string   `json:"name"`
	Labeler  int      `json:"labeler"`
	Reviewer int      `json:"reviewer"`
	Images   []string `json:"images"`
}

func TestClientReadsBack(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	in := sandboxtest.Event(t, "geometry-2d")
	out := stand.Deliver(t, newAdapter(t, withJob), in)
	var got read
	stand.ReadBack(t, &got, "supervisely", "readback.py", in.Key)
	id, err := strconv.Atoi(out.Taken["frame-070051"].ID)
	require.NoError(t, err)
	require.Equal(t, []imageRead{{
		ID: id, Name: in.Key + "-frame-070051.jpg", Link: "https://images.example.com/rarepets/camera_front/frame-070051.jpg",
		Meta: map[string]string{"frame_id": "frame-070051", "dataset": "train", "issue": "missed boxes", "labelgate_delivery": in.Key},
		Size: []int{1920, 1080},
		Tags: []tagRead{{"indoor", nil}, {"count", 2.0}, {"light", "dim"}},
		Objects: []objectRead{ // of 1900 to 1920 and 0 to 36.5 the client makes the pixels 1900 to 1919 and 0 to 36
			{"dog", "rectangle", [4]int{1900, 0, 1919, 36}},
			{"dog", "polygon", [4]int{399, 280, 441, 320}},
			{"dog", "polygon", [4]int{500, 280, 520, 300}},
			{"cat", "point", [4]int{30, 15, 30, 15}},
			{"cat", "point", [4]int{110, 55, 110, 55}},
			{"leash", "line", [4]int{0, 0, 1919, 1079}},
		},
	}}, got.Images)
	require.Equal(t, []jobRead{{
		ID: got.Jobs[0].ID, Name: "missed boxes (labelgate " + in.Key + ")", Labeler: labeler, Reviewer: reviewer,
		Images: []string{in.Key + "-frame-070051.jpg"},
	}}, got.Jobs)
}

// TestClientSeesTheNewJob: the client finds the restarted job with the images that were sent back, for the same people.
func TestClientSeesTheNewJob(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	stand.Deliver(t, newAdapter(t, relabel), known())
	var got read
	stand.ReadBack(t, &got, "supervisely", "readback.py", adaptertest.Key)
	require.Len(t, got.Jobs, 1)
	require.Equal(t, []string{"frame-070001.jpg", "frame-070011.jpg"}, got.Jobs[0].Images)
	require.Equal(t, []int{labeler, reviewer}, []int{got.Jobs[0].Labeler, got.Jobs[0].Reviewer})
}
