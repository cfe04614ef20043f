package fuzz

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/internal/incident"
	"github.com/bitmark-inc/bilateralrpc/internal/record"
)

// FuzzMergeRecordings puts a recording of any bytes together with one of a node: nothing
// panics.
func FuzzMergeRecordings(f *testing.F) {
	var files []incident.File
	names, err := filepath.Glob("../testdata/recording/*")
	if err != nil || len(names) < 2 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		r, err := record.Parse(file)
		if err != nil {
			f.Fatal(err)
		}
		files = append(files, incident.File{Name: name, Recording: r})
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := record.Parse(file)
		if err != nil || r.Config.Limits.TimersStepMax > 1000 || len(file) > 20_000 {
			return // larger ones take longer for the same
		}
		_, _ = incident.Merge([]incident.File{{Name: "any", Recording: r}, files[0]})
	})
}
