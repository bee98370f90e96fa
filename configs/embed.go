// Package configs holds the config files that labelgate init writes.
package configs

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// Names returns the names of the files in order, without ".yaml". "labelgate" is the commented default.
func Names() []string {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil // an embedded folder is always there
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".yaml")
	}
	return names
}

// Read returns the text of the file of that name; the error of an unknown one is fs.ErrNotExist.
func Read(name string) ([]byte, error) {
	return files.ReadFile(name + ".yaml")
}
