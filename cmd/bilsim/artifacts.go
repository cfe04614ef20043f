package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// artifacts writes what there is to see of a finding into the folder, and returns the
// names of the files.
func (m *machines) artifacts(f *finding) ([]string, error) {
	if err := os.MkdirAll(m.html, 0o755); err != nil {
		return nil, err
	}
	base := filepath.Join(m.html, artifactName(f))
	page, err := written(m.c, f)
	if err != nil {
		return nil, err
	}
	files := []struct{ name, text string }{
		{base + ".html", page},
		{base + ".txt", f.diagnosis.Explanation.String()},
		{base + ".sim", f.diagnosis.Explanation.Scenario},
	}
	var names []string
	for _, x := range files {
		if err := os.WriteFile(x.name, []byte(x.text), 0o644); err != nil {
			return names, err
		}
		names = append(names, x.name)
	}
	return names, nil
}

// artifactName names the files of a finding, without an ending: the scenario and the
// seed, such as partition-seed7 or physical-seed42.
func artifactName(f *finding) string {
	name := f.result.Scenario.Model.String()
	switch {
	case f.file == "-":
		name = "stdin"
	case f.file != "":
		name = strings.TrimSuffix(filepath.Base(f.file), filepath.Ext(f.file))
	}
	name = strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == ':' || r <= ' ' {
			return '-'
		}
		return r
	}, name)
	return fmt.Sprintf("%s-seed%d", name, f.seed)
}
