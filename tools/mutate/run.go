package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
)

// result is what became of a mutant.
type result struct {
	*Mutant
	verdict verdict
	by      *battery // that killed it, or in which it ran away
	// exercised says, of one that survived, whether it made a difference.
	exercised string
}

// runAll runs the mutants, some at a time, and returns their results in order.
// It shows each one that is not killed.
//
// Mutants that rec has as killed are skipped.
func (s *suite) runAll(mutants []*Mutant, rec *record, interrupted <-chan os.Signal) ([]result, error) {
	results := make([]result, len(mutants))
	next := make(chan int)
	var mu sync.Mutex // of err, rec and the output
	var err error
	var done sync.WaitGroup
	for range s.workers {
		done.Go(func() {
			for i := range next {
				r := s.judge(mutants[i])
				mu.Lock()
				results[i] = r
				err = cmp.Or(err, rec.add(r))
				if r.verdict != killed {
					fmt.Fprintf(os.Stderr, "%d/%d %v: %v %s\n", i+1, len(mutants), r.verdict, r.Mutant, r.exercised)
				}
				mu.Unlock()
			}
		})
	}
feed:
	for i, m := range mutants {
		if by := s.named(rec.killed(m)); by != nil {
			results[i] = result{m, killed, by, ""}
			continue
		}
		select {
		case next <- i:
		case <-interrupted:
			mu.Lock()
			err = cmp.Or(err, errors.New("interrupted"))
			mu.Unlock()
			break feed
		}
	}
	close(next)
	done.Wait()
	return results, err
}

// named returns the battery of that name, nil if there is none.
func (s *suite) named(name string) *battery {
	for _, b := range s.batteries {
		if b.Name == name {
			return b
		}
	}
	return nil
}

// judge takes one mutant through the batteries.
func (s *suite) judge(m *Mutant) result {
	for _, b := range s.batteries {
		if len(b.files) > 0 && !slices.Contains(b.files, m.File) {
			continue
		}
		if v := verdicts[s.once(b, m.ID).Verdict]; v != survived {
			return result{m, v, b, ""}
		}
	}
	return result{m, survived, nil, s.exercised(m.ID)}
}

// visible is a tree without what begins with a dot.
type visible struct{ fs.FS }

// ReadDir implements fs.ReadDirFS.
func (v visible) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(v.FS, name)
	var list []fs.DirEntry
	for _, e := range all {
		if !strings.HasPrefix(e.Name(), ".") && e.Type()&^fs.ModeDir == 0 {
			list = append(list, e)
		}
	}
	return list, err
}
