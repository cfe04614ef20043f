package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync"
)

// A ledger is the file in which a node writes which requests it has run, in all its
// lives: what has been written outlives a process that is killed.
type ledger struct {
	mu   sync.Mutex
	file *os.File
}

// entryBytes is the size of an entry: the caller's life, and the call's number in it.
const entryBytes = 16

func openLedger(name string) (*ledger, error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	return &ledger{file: file}, err
}

// enter writes that a request is run.
func (l *ledger) enter(life, n uint64) error {
	entry := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, life), n)
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.file.Write(entry)
	return err
}

// doubled returns the requests that were run more than once, as text, and how many were run.
func doubled(name string) (twice []string, runs int, err error) {
	all, err := os.ReadFile(name)
	if err != nil {
		return nil, 0, err
	}
	seen := map[[entryBytes]byte]bool{}
	for ; len(all) >= entryBytes; all = all[entryBytes:] {
		entry := [entryBytes]byte(all)
		if seen[entry] {
			twice = append(twice, fmt.Sprintf("%x/%d", entry[:8], binary.BigEndian.Uint64(entry[8:])))
		}
		seen[entry] = true
		runs++
	}
	return twice, runs, nil
}
