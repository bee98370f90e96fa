package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/labelgate/labelgate/pkg/crash"
)

// pointsPerRound is how many kills at random there are for one at each point.
const pointsPerRound = 100

// TestCrashPoints kills a loaded gateway at each named point of its code. What is proved at which vendor is what TestCrash,
// TestCrashAtAVendorWithoutKeys and, where it is not the quick form, TestCrashAtAVendorWithAReadOnly prove of kills at random.
func TestCrashPoints(t *testing.T) {
	t.Parallel()
	rounds, seed := 1+number(t, "LABELGATE_CRASH_ROUNDS", 0)/pointsPerRound, number(t, "LABELGATE_CRASH_SEED", 1)
	kinds := []string{"keyed", "never"}
	if rounds > 1 {
		kinds = append(kinds, "read")
	}
	for _, kind := range kinds {
		for i, point := range crash.Points() {
			t.Run(kind+"/"+point, func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(uint64(seed), uint64(i)))
				var victim *crashed
				most := 60
				if kind == "read" {
					flows := quickFlows(t)
					victim, most = newReading(t, flows[i%len(flows)]).crashed, 20
				} else {
					victim = newCrash(t, kind)
				}
				for range rounds {
					victim.dieAt(t, fmt.Sprintf("%s:%d", point, passes(random, point, most)))
				}
				t.Logf("%d kills, seed %d: %s", rounds, seed, victim.prove(t))
			})
		}
	}
}

// passes is at which passing of a point a gateway is to die.
func passes(random *rand.Rand, point string, most int) int {
	if point == crash.Sealed {
		return 1 + random.IntN(8)
	}
	return 10 + random.IntN(most) // the first few are the start's own
}
