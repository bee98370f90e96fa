package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// report is the tables of a run, as Markdown.
type report struct {
	head   []string
	tables []*table
}

type table struct {
	title string
	rows  [][]string
}

// table adds a table. A table without rows is left out of the report.
func (r *report) table(title string, columns ...string) *table {
	t := &table{title: title, rows: [][]string{columns}}
	r.tables = append(r.tables, t)
	return t
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

// progress tells what a run is at, on standard error.
func (r *report) progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// write writes the tables.
func (r *report) write(w io.Writer) error {
	var b strings.Builder
	for _, line := range r.head {
		b.WriteString(line + "\n")
	}
	for _, t := range r.tables {
		if len(t.rows) == 1 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n", t.title)
		for i, row := range t.rows {
			b.WriteString("| " + strings.Join(row, " | ") + " |\n")
			if i == 0 {
				b.WriteString("|" + strings.Repeat(" --- |", len(row)) + "\n")
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// median is the middle one of some figures, NaN-free: 0 for none.
func median(figures []float64) float64 {
	if len(figures) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(figures))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}

// figure is a median with the lowest and the highest beside it.
func figure(figures []float64) string {
	if len(figures) == 0 {
		return "-"
	}
	format := "%.0f (%.0f to %.0f)"
	if median(figures) < 100 {
		format = "%.2f (%.2f to %.2f)"
	}
	return fmt.Sprintf(format, median(figures), slices.Min(figures), slices.Max(figures))
}

// spread is the figure of one value of some samples.
func spread(samples []sample, value func(sample) float64) string {
	return figure(over(len(samples), func(i int) float64 { return value(samples[i]) }))
}

// over collects n values.
func over(n int, value func(i int) float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = value(i)
	}
	return out
}
