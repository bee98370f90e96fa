package store

import "time"

// stateCode and stepCode are how states are written in SQLite. The numbers are on disk: never change one.
type (
	stateCode int64
	stepCode  int64
)

const (
	codeQueued stateCode = iota
	codeRunning
	codeWaiting
	codeDelivered
	codePartial
	codeDead
	codeDiscarded
	stateCodes // how many there are
)

const (
	codeStarted stepCode = iota
	codeDone
	codeFailed
	codeUnknown
	codeRejected
	codeSettled
)

//nolint:gochecknoglobals // constant tables
var (
	stateNames = [stateCodes]State{Queued, Running, Waiting, Delivered, Partial, Dead, Discarded}
	stepNames  = [...]StepState{StepStarted, StepDone, StepFailed, StepUnknown, StepRejected, StepSettled}
)

func (s State) code() stateCode {
	for i, name := range stateNames {
		if name == s {
			return stateCode(i)
		}
	}
	return -1 // no row has it
}

func (s StepState) code() stepCode {
	for i, name := range stepNames {
		if name == s {
			return stepCode(i)
		}
	}
	return -1
}

// millis writes a time, 0 for none; fromMillis reads it.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
