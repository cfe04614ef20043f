package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// A record keeps verdicts from one run of mutate to the next, as JSON lines, so
// that a measurement can be interrupted, and after more tests only what was not
// killed has to be run again. A verdict holds as long as the source file of its
// mutant is the same; that tests were only added is for the caller to know.
type record struct {
	file  *os.File
	known map[string]verdictLine // by mark
}

type verdictLine struct {
	Mark    string // key of the mutant, hash of its file
	Verdict verdict
	Battery string // that ended it
}

// openRecord opens a file of verdicts, or makes one.
func openRecord(name string) (*record, error) {
	r := &record{known: map[string]verdictLine{}}
	old, err := os.Open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		defer old.Close()
		lines := bufio.NewScanner(old)
		for n := 1; lines.Scan(); n++ {
			var v verdictLine
			if err := json.Unmarshal(lines.Bytes(), &v); err != nil || v.Verdict > ranAway {
				return nil, fmt.Errorf("%s:%d is no verdict: remove the line, or begin a new file", name, n)
			}
			r.known[v.Mark] = v
		}
		if err := lines.Err(); err != nil {
			return nil, err
		}
	}
	r.file, err = os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	return r, err
}

// killed returns what killed m before, "" if nothing did. A nil record knows nothing.
func (r *record) killed(m *Mutant) string {
	if r == nil {
		return ""
	}
	if v := r.known[m.mark()]; v.Verdict == killed {
		return v.Battery
	}
	return ""
}

// add writes one verdict down.
func (r *record) add(res result) error {
	if r == nil {
		return nil
	}
	v := verdictLine{Mark: res.mark(), Verdict: res.verdict}
	if res.by != nil {
		v.Battery = res.by.Name
	}
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = r.file.Write(append(line, '\n'))
	return err
}

// mark names a mutant of one version of its file.
func (m *Mutant) mark() string { return m.Key() + " " + m.hash }

func hashOf(source []byte) string {
	sum := sha256.Sum256(source)
	return hex.EncodeToString(sum[:4])
}
