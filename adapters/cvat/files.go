package cvat

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxURL is the longest URL that CVAT keeps, in letters.
const maxURL = 1024

// notImages are endings by which CVAT takes a file for a video, an archive or a drawing. One of them among images spoils
// the whole task.
var notImages = []string{ //nolint:gochecknoglobals // constant
	".mp4", ".avi", ".mov", ".mkv", ".webm", ".mpg", ".mpeg", ".m4v", ".wmv", ".zip", ".tar", ".gz", ".7z", ".rar", ".pdf",
	".svg", ".pcd", ".bin", ".jsonl",
}

// fileName is the name that CVAT saves an image by: the last part of the URL's path, unescaped. Query and fragment do not
// count, nor what follows a semicolon (cvat/apps/engine/task.py, _download_data, which uses Python's urlparse). Frames are
// told apart by it, so that two images of a task must not share it.
func fileName(link string) string {
	if i := strings.IndexAny(link, "?#"); i >= 0 {
		link = link[:i]
	}
	_, rest, _ := strings.Cut(link, "://")
	_, where, ok := strings.Cut(rest, "/")
	if !ok {
		return ""
	}
	last, _, _ := strings.Cut(where[strings.LastIndexByte(where, '/')+1:], ";")
	name := unquote(last)
	return name[strings.LastIndexByte(name, '/')+1:]
}

// unquote undoes the escapes that are good, and leaves the others as they are, as Python does.
func unquote(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}

// maxFile is the longest name of a file on CVAT's disk, in bytes.
const maxFile = 255

// checkImage says why CVAT cannot fetch an image, or would fail on all images of its task because of it. Files whose ending
// it does not know (media_extractors.py, get_mime) it leaves out without a word; those are sent, and missed afterwards.
func checkImage(link, name string) error {
	scheme, _, ok := strings.Cut(link, "://")
	switch {
	case !ok || scheme != "http" && scheme != "https":
		return errors.New("image_url is no http or https link, and CVAT fetches nothing else")
	case letters(link) > maxURL:
		return fmt.Errorf("image_url has %d letters; CVAT keeps %d", letters(link), maxURL)
	case name == "" || name == "." || name == "..":
		return errors.New("image_url ends in a folder; CVAT needs the name of a file")
	case len(name) > maxFile:
		return fmt.Errorf("the file name of image_url has %d bytes; CVAT's disk takes %d", len(name), maxFile)
	case slices.Contains(notImages, strings.ToLower(path.Ext(name))):
		return fmt.Errorf("CVAT takes %q for no image, by its ending", name)
	}
	return nil
}

// letters is a text's length as CVAT counts it.
func letters(s string) int { return utf8.RuneCountInString(s) }

// cutTo cuts a text to at most n letters.
func cutTo(s string, n int) string {
	if letters(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
