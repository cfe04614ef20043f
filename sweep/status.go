package main

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
)

// status is what a worker says of itself to whoever listens, once a second and before it runs
// a range. It is not kept.
type status struct {
	Worker string         `json:"worker"`
	Pid    int            `json:"pid"`
	Range  campaign.Range `json:"range"` // that it runs; an empty one if it waits
	Done   uint64         `json:"done"`  // seeds of the range
	Try    uint64         `json:"try"`
	Seeds  uint64         `json:"seeds"` // that it has run since it began, these included
	Apart  bool           `json:"apart,omitempty"`
}

// statusEvery is how often workers say it.
const statusEvery = time.Second

// board holds the status of each worker of a process.
type board struct {
	publish func(line []byte) // tells it to whoever listens
	mu      sync.Mutex
	workers []*status
}

// newBoard returns a board that is told on a subject.
func newBoard(c *connection, subject string) *board {
	return &board{publish: func(line []byte) { _ = c.Publish(subject, line) }}
}

// add adds a worker and returns its place.
func (b *board) add(worker string) *status {
	s := &status{Worker: worker, Pid: os.Getpid()}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.workers = append(b.workers, s)
	return s
}

// set changes a place.
func (b *board) set(s *status, change func(*status)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(s)
}

// tell tells the status of a worker.
func (b *board) tell(s *status) {
	b.mu.Lock()
	line, err := json.Marshal(s)
	b.mu.Unlock()
	if err != nil {
		panic(err) // strings and numbers always can be
	}
	b.publish(line)
}

// run tells the status of all workers, once a second, until the context is done.
func (b *board) run(ctx context.Context) {
	for sleep(ctx, statusEvery) {
		b.mu.Lock()
		all := slices.Clone(b.workers)
		b.mu.Unlock()
		for _, s := range all {
			b.tell(s)
		}
	}
}

// processName names this process among those of all machines.
func processName() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		name = "unknown"
	}
	name, _, _ = strings.Cut(name, ".")
	return name + "-" + strconv.Itoa(os.Getpid())
}
