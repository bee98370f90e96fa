package aquariumtest_test

import (
	"encoding/json"
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/source/aquarium/aquariumtest"
)

func TestEventIsWhatItSays(t *testing.T) {
	t.Parallel()
	const n = 30
	body := aquariumtest.Bytes(n)
	require.NoError(t, iotest.TestReader(aquariumtest.Event(n), body))
	require.InDelta(t, 1770*n, len(body), 20*n, "the size of an element")

	var event struct {
		Project string
		Issue   struct {
			Elements []struct {
				ID      string `json:"element_id"`
				Type    string `json:"element_type"`
				FrameID string `json:"frame_id"`
				Frame   struct {
					Labels  []struct{ UUID string } `json:"label_data"`
					Sensors []struct {
						URLs map[string]string `json:"data_urls"`
					} `json:"sensor_data"`
				} `json:"frame_data"`
			}
		}
	}
	require.NoError(t, json.Unmarshal(body, &event))
	require.Equal(t, aquariumtest.Project, event.Project)
	require.Len(t, event.Issue.Elements, n)
	seen := map[string]bool{}
	for i, e := range event.Issue.Elements {
		require.Equal(t, aquariumtest.FrameID(i), e.FrameID)
		require.Equal(t, aquariumtest.ImageURL(i), e.Frame.Sensors[0].URLs["image_url"])
		require.Equal(t, aquariumtest.IsCrop(i), e.Type == "crop")
		require.Equal(t, aquariumtest.IsCrop(i), e.ID == aquariumtest.LabelID(i, 0))
		require.Len(t, e.Frame.Labels, aquariumtest.Labels)
		for k, label := range e.Frame.Labels {
			require.Equal(t, aquariumtest.LabelID(i, k), label.UUID)
			require.False(t, seen[label.UUID], "ids are unique")
			seen[label.UUID] = true
		}
	}
}

func TestEventWithoutElements(t *testing.T) {
	t.Parallel()
	body, err := io.ReadAll(aquariumtest.Event(0))
	require.NoError(t, err)
	require.True(t, json.Valid(body))
}
