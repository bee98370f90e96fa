package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

// timeFlag is a flag that takes a time, or how long ago it was.
type timeFlag struct{ name, text string }

func (f *timeFlag) add(cmd *cobra.Command, usage string) {
	cmd.Flags().StringVar(&f.text, f.name, "", usage)
}

// into sets a time from the flag where that was given.
func (f *timeFlag) into(at *time.Time) error {
	if f.text == "" {
		return nil
	}
	if ago, err := time.ParseDuration(f.text); err == nil && ago >= 0 {
		*at = time.Now().Add(-ago)
		return nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		t, err := time.ParseInLocation(layout, f.text, time.Local)
		if err == nil {
			*at = t
			return nil
		}
	}
	return &exitError{exitUsage, fmt.Errorf("--%s %q: must be a time such as 2026-11-25T12:00:00Z, a day such as 2026-11-25, or how long ago, such as 36h", f.name, f.text)}
}
