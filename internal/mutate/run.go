package main

import (
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
}

// runAll runs the mutants, some at a time, and returns their results in order.
// It shows each one that is not killed.
func (s *suite) runAll(mutants []*Mutant, workers int, interrupted <-chan os.Signal) ([]result, error) {
	results := make([]result, len(mutants))
	next := make(chan int)
	var show sync.Mutex
	var done sync.WaitGroup
	for range workers {
		done.Go(func() {
			for i := range next {
				results[i] = s.judge(mutants[i])
				if r := results[i]; r.verdict != killed {
					show.Lock()
					fmt.Fprintf(os.Stderr, "%d/%d %v: %v\n", i+1, len(mutants), r.verdict, r.Mutant)
					show.Unlock()
				}
			}
		})
	}
	var err error
feed:
	for i := range mutants {
		select {
		case next <- i:
		case <-interrupted:
			err = errors.New("interrupted")
			break feed
		}
	}
	close(next)
	done.Wait()
	return results, err
}

// judge takes one mutant through the batteries.
func (s *suite) judge(m *Mutant) result {
	for _, b := range s.batteries {
		if len(b.files) > 0 && !slices.Contains(b.files, m.File) {
			continue
		}
		if r := s.once(b, m.ID); r.verdict != survived {
			return result{m, r.verdict, b}
		}
	}
	return result{m, survived, nil}
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
