package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

var errSize = errors.New("not a size: write bytes, or a number with KiB, MiB, GiB, kB, MB or GB, such as 512MiB")

// units are the units of a Size, the longest match first.
var units = []struct { //nolint:gochecknoglobals // a constant table
	name  string
	bytes int64
}{
	{"GiB", 1 << 30},
	{"MiB", 1 << 20},
	{"KiB", 1 << 10},
	{"GB", 1e9},
	{"MB", 1e6},
	{"kB", 1e3},
	{"KB", 1e3},
	{"B", 1},
	{"", 1},
}

// UnmarshalText reads "512MiB", "64KiB", "10MB" or a number of bytes.
func (s *Size) UnmarshalText(text []byte) error {
	for _, unit := range units {
		digits, found := strings.CutSuffix(string(text), unit.name)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 63)
		if err != nil || int64(n) > math.MaxInt64/unit.bytes {
			return errSize
		}
		*s = Size(int64(n) * unit.bytes)
		return nil
	}
	return errSize
}

// String returns the size in the largest unit that divides it.
func (s Size) String() string {
	for _, unit := range units[:3] {
		if s != 0 && int64(s)%unit.bytes == 0 {
			return strconv.FormatInt(int64(s)/unit.bytes, 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}
