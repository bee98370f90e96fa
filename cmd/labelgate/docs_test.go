package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// pages returns the text of every page for people.
func pages(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root {
			return filepath.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(path, ".md") {
			text, err := os.ReadFile(path)
			out[path] = string(text)
			return err
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, len(out), 10)
	return out
}

// TestDocsLinksLeadSomewhere looks up every relative link.
func TestDocsLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	for page, text := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			require.FileExists(t, dirIsFile(filepath.Join(filepath.Dir(page), m[1])), "%s links to %s", page, m[1])
		}
	}
}

// dirIsFile lets a link lead to a folder.
func dirIsFile(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return root + "/go.mod"
	}
	return path
}

// TestDocsCommandsExist looks up every command line of labelgate.
func TestDocsCommandsExist(t *testing.T) {
	t.Parallel()
	line := regexp.MustCompile("(?m)(?:^    |`)(?:bin/)?labelgate ([a-z]+)(?: ([a-z]+))?")
	for page, text := range pages(t) {
		for _, m := range line.FindAllStringSubmatch(text, -1) {
			words := []string{m[1]}
			if m[1] == "deliveries" && m[2] != "" {
				words = append(words, m[2])
			}
			if m[1] == "completion" {
				continue // cobra adds it when it runs
			}
			cmd, _, err := newRootCommand().Find(words)
			require.NoError(t, err, "%s: labelgate %s", page, strings.Join(words, " "))
			require.Equal(t, words[len(words)-1], cmd.Name(), "%s: labelgate %s", page, strings.Join(words, " "))
		}
	}
}

// TestDocsMakeTargetsExist looks up every make target.
func TestDocsMakeTargetsExist(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(root + "/Makefile")
	require.NoError(t, err)
	target := regexp.MustCompile("(?m)(?:^    |`)make ([a-z-]+)")
	for page, text := range pages(t) {
		for _, m := range target.FindAllStringSubmatch(text, -1) {
			require.Contains(t, string(makefile), "\n"+m[1]+":", "%s: make %s", page, m[1])
		}
	}
}

// TestEveryCommandIsDocumented looks the other way round.
func TestEveryCommandIsDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(root + "/docs/cli.md")
	require.NoError(t, err)
	for _, cmd := range newRootCommand().Commands() {
		require.Contains(t, string(text), "`"+cmd.Name(), "docs/cli.md does not name %s", cmd.Name())
		require.NotEmpty(t, cmd.Short, cmd.Name())
		for _, sub := range cmd.Commands() {
			require.Contains(t, string(text), "`"+cmd.Name()+" "+sub.Name(), "docs/cli.md does not name it")
		}
	}
}
