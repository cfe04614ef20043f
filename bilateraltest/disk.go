package bilateraltest

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// Disk is what a host has of its computer's disk in one life: files by name. What it
// writes is safe once Sync has returned. A crash takes the latest of the changes that were
// not, as many as the seed decides, and may leave the first half of the oldest of these.
// Changes are never lost out of order.
//
// All methods may be called concurrently. After the host's life they return an error
// that is [bilateralrpc.ErrClosed].
type Disk struct {
	store *store
	over  atomic.Bool // the life is
}

// store is the disk of a computer, which outlives its processes.
type store struct {
	mu     sync.Mutex
	files  map[string][]byte // as they are now
	synced map[string][]byte // as they would be if the changes were lost
	log    []change          // since the latest Sync, the oldest first
}

// change is one change of a file. The bytes are its own.
type change struct {
	kind     changeKind
	name, to string // to is where it is renamed to
	data     []byte
}

type changeKind uint8

const (
	changeWrite changeKind = iota + 1
	changeAppend
	changeRename
	changeRemove
)

func newStore() *store { return &store{files: map[string][]byte{}, synced: map[string][]byte{}} }

// apply makes a change.
func (c *change) apply(files map[string][]byte) {
	switch c.kind {
	case changeWrite:
		files[c.name] = bytes.Clone(c.data)
	case changeAppend:
		files[c.name] = append(slices.Clip(files[c.name]), c.data...)
	case changeRename:
		files[c.to] = files[c.name]
		delete(files, c.name)
	case changeRemove:
		delete(files, c.name)
	}
}

// Write replaces the content of a file, which need not be there yet.
func (d *Disk) Write(name string, data []byte) error {
	return d.change(change{kind: changeWrite, name: name, data: bytes.Clone(data)})
}

// Append adds to the end of a file, which need not be there yet.
func (d *Disk) Append(name string, data []byte) error {
	return d.change(change{kind: changeAppend, name: name, data: bytes.Clone(data)})
}

// Rename gives a file another name, in the place of one that has it already. It is never
// done by half. The error is fs.ErrNotExist if there is no such file.
func (d *Disk) Rename(name, to string) error {
	return d.change(change{kind: changeRename, name: name, to: to})
}

// Remove removes a file. The error is fs.ErrNotExist if there is none.
func (d *Disk) Remove(name string) error {
	return d.change(change{kind: changeRemove, name: name})
}

func (d *Disk) change(c change) error {
	return d.use(func(s *store) error {
		if _, there := s.files[c.name]; !there && (c.kind == changeRename || c.kind == changeRemove) {
			return fmt.Errorf("bilateraltest: file %q: %w", c.name, fs.ErrNotExist)
		}
		c.apply(s.files)
		s.log = append(s.log, c)
		return nil
	})
}

// Read returns the content of a file, which is the caller's. The error is fs.ErrNotExist if
// there is no such file.
func (d *Disk) Read(name string) (data []byte, err error) {
	err = d.use(func(s *store) error {
		content, there := s.files[name]
		if !there {
			return fmt.Errorf("bilateraltest: file %q: %w", name, fs.ErrNotExist)
		}
		data = append([]byte{}, content...)
		return nil
	})
	return data, err
}

// Names returns the names of all files, sorted.
func (d *Disk) Names() (names []string, err error) {
	err = d.use(func(s *store) error {
		names = slices.Sorted(maps.Keys(s.files))
		return nil
	})
	return names, err
}

// Sync returns when every change made so far is safe.
func (d *Disk) Sync() error {
	return d.use(func(s *store) error {
		s.sync()
		return nil
	})
}

func (d *Disk) use(f func(s *store) error) error {
	d.store.mu.Lock()
	defer d.store.mu.Unlock()
	if d.over.Load() {
		return fmt.Errorf("%w: the host has crashed, and this is of its former life", bilateralrpc.ErrClosed)
	}
	return f(d.store)
}

// sync makes all changes safe. Requires the lock.
func (s *store) sync() {
	for i := range s.log {
		s.log[i].apply(s.synced)
	}
	s.log = s.log[:0]
}

// end ends a life of the disk. With lose, changes that are not safe are lost, as the
// decision says. It returns a line about that for the trace, "" if there is nothing to tell.
func (d *Disk) end(lose bool, decision uint64) string {
	s := d.store
	s.mu.Lock()
	defer s.mu.Unlock()
	d.over.Store(true)
	if !lose || len(s.log) == 0 {
		s.sync()
		return ""
	}
	changes := len(s.log)
	kept := int(dice.Below(decision, uint64(changes)+1))
	torn := ""
	if kept < changes { // the oldest of those that are lost may be there by half
		c := &s.log[kept]
		if half := dice.Below(dice.Mix(decision), uint64(len(c.data))+1); half > 0 {
			c.data = c.data[:half]
			torn = fmt.Sprintf(", and %d bytes of one more", half)
			kept++
		}
	}
	s.log = s.log[:kept]
	s.sync()
	s.files = maps.Clone(s.synced)
	if torn != "" {
		kept--
	}
	return fmt.Sprintf("keeps %d of %d changes that were not synced%s", kept, changes, torn)
}
