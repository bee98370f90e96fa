package aquarium_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/source/aquarium"
	"github.com/labelgate/labelgate/pkg/source/aquarium/aquariumtest"
)

// BenchmarkDecode compares reading an event with the bare token scan of the same bytes.
func BenchmarkDecode(b *testing.B) {
	s := aquarium.New()
	iterate := func(wanted export.Fields) func(*testing.B, io.Reader) {
		return func(b *testing.B, body io.Reader) {
			for _, err := range s.Elements(&export.Event{Project: aquariumtest.Project}, body, wanted) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	for _, n := range []int{10, 1_000, 100_000} {
		body := aquariumtest.Bytes(n)
		for _, way := range []struct {
			name string
			read func(*testing.B, io.Reader)
		}{
			{"tokens", readTokens},
			{"scan", func(b *testing.B, body io.Reader) {
				if _, err := s.Scan(body, issueExported); err != nil {
					b.Fatal(err)
				}
			}},
			{"image", iterate(export.FieldImage)},
			{"labels", iterate(export.FieldLabels)},
			{"all", iterate(export.AllFields)},
		} {
			b.Run(fmt.Sprintf("%s/%d", way.name, n), func(b *testing.B) {
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					way.read(b, struct{ io.Reader }{bytes.NewReader(body)})
				}
			})
		}
	}
}

func readTokens(b *testing.B, body io.Reader) {
	decoder := jsontext.NewDecoder(body)
	for {
		if _, err := decoder.ReadToken(); err == io.EOF {
			return
		} else if err != nil {
			b.Fatal(err)
		}
	}
}
