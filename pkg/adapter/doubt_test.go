package adapter_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
)

func TestDoubt(t *testing.T) {
	t.Parallel()
	for status, never := range map[int]adapter.Kind{
		200: adapter.Done, 400: adapter.Reject, 408: adapter.Retry, 425: adapter.Retry, 429: adapter.Retry, 500: adapter.Unknown,
		502: adapter.Unknown, 503: adapter.Retry, 504: adapter.Unknown, 599: adapter.Unknown,
	} {
		resp := adapter.Response{Status: status}
		plain := adapter.JudgeStatus(resp)
		for _, repeat := range []adapter.Repeat{adapter.RepeatNever, adapter.RepeatCheckFirst} {
			require.Equal(t, never, adapter.Doubt(adapter.Step{Repeat: repeat}, resp, plain).Kind, status)
			resp.Check = true
			require.Equal(t, plain, adapter.Doubt(adapter.Step{Repeat: repeat}, resp, plain), "a read has no effect")
			resp.Check = false
		}
		for _, repeat := range []adapter.Repeat{adapter.RepeatKeyed, adapter.RepeatSafe} {
			require.Equal(t, plain, adapter.Doubt(adapter.Step{Repeat: repeat}, resp, plain), status)
		}
	}
	limited := adapter.Verdict{Kind: adapter.Retry, Reason: adapter.ReasonRateLimited}
	require.Equal(t, limited, adapter.Doubt(adapter.Step{Repeat: adapter.RepeatNever}, adapter.Response{Status: 200}, limited))
}
