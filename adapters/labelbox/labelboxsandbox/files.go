package labelboxsandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// filesPath is where uploaded files and the files that imports make are read.
const filesPath = "/files/"

// serveFile answers a file. Its URL is its own permission, as at the vendor's storage, which refuses a second one.
func (a *api) serveFile(w http.ResponseWriter, r *http.Request) {
	content, there := a.store.files[r.URL.EscapedPath()]
	switch {
	case r.Method != http.MethodGet:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case r.Header.Get("Authorization") != "":
		http.Error(w, "only one authentication mechanism is allowed", http.StatusBadRequest)
	case !there:
		http.Error(w, "NoSuchKey", http.StatusNotFound)
	default:
		sandbox.Effect(w, "file read")
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Write(content) //nolint:errcheck // it is kept back in memory
	}
}

// keep stores a file and returns its path.
func (s *store) keep(name string, content []byte) string {
	path := filesPath + s.newID("file") + "/" + url.PathEscape(name)
	s.files[path] = content
	return path
}

// fileAt returns the file that a URL which we gave out names.
func (s *store) fileAt(link string) ([]byte, error) {
	u, err := url.Parse(link)
	if err != nil || !strings.HasPrefix(u.Path, filesPath) {
		return nil, malformed("%q is not a file that was uploaded", link)
	}
	content, there := s.files[u.EscapedPath()]
	if !there {
		return nil, malformed("%q is not a file that was uploaded", link)
	}
	return content, nil
}

type uploadedFile struct{ URL, Filename string }

// UploadFile keeps a file. The declared length is not compared: the client declares another one than it sends.
func (m plainMutation) UploadFile(args struct {
	File          upload
	ContentLength int32
	Sign          *bool
},
) (uploadedFile, error) {
	if len(args.File.content) == 0 {
		return uploadedFile{}, malformed("the file is empty")
	}
	name := args.File.name
	if name == "" {
		name = "file"
	}
	path := m.a.store.keep(name, args.File.content)
	m.a.store.did("file %s uploaded: %d bytes", name, len(args.File.content))
	return uploadedFile{URL: m.a.front + path, Filename: fmt.Sprintf("%s-%s", strings.Split(path, "/")[2], name)}, nil
}
