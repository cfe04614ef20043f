package bilateraltest

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// watch is what the one who waits for a bubble sees of it.
type watch struct {
	progress atomic.Pointer[atomic.Uint64] // of the engine; nil until there is one
	result   atomic.Pointer[sim.Result]    // of the run; nil until it is over
	looks    int                           // how often it has to look stuck
}

// ending is how a bubble has ended.
type ending struct {
	stuck    string // why it could not go on, if it could not; it stays behind
	panicked string // with what its function has panicked, if it has
	left     bool   // its function has returned, and some of its goroutines have not; they stay behind
}

// inBubble runs f in a bubble of testing/synctest of its own, and waits until all of its
// goroutines have ended, or can't.
func inBubble(t *testing.T, w *watch, f func()) (end ending) {
	ready, done := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			switch p := fmt.Sprint(recover()); {
			case p == "<nil>":
			case strings.HasPrefix(p, "deadlock: main bubble goroutine has exited"):
				end.left = true
			default:
				end.panicked = p
			}
		}()
		synctest.Test(t, func(*testing.T) {
			ready <- bubbleOf(ownHeader())
			err := guardedStack(func() error {
				f()
				return nil
			})
			if err != nil {
				end.panicked = err.Error()
			}
		})
	}()
	select {
	case id := <-ready:
		if stuck := w.wait(id, done); stuck != "" {
			return ending{stuck: stuck}
		}
	case <-done:
	}
	<-done
	return end
}

// lookEvery is how often, in real time, one looks whether a bubble still gets on. It does
// not if it looks the same that many times in a row: a lock may be held for a while by
// somebody outside, who has to wait for a processor.
const (
	lookEvery = 100 * time.Millisecond
	looksMax  = 20
	// looksAgain is for the runs that follow one which was stuck.
	looksAgain = 3
)

// wait waits until a bubble is done, or can't get on any more: it then says why.
func (w *watch) wait(bubble string, done <-chan struct{}) string {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	var before uint64
	suspect, times := "", 0
	for {
		select {
		case <-done:
			return ""
		case <-ticker.C:
		}
		counter := w.progress.Load()
		if counter == nil {
			continue
		}
		if now := counter.Load(); now != before {
			before, suspect, times = now, "", 0
			continue
		}
		waits := lockedUp(bubble)
		if waits == "" || waits != suspect {
			suspect, times = waits, 0
			continue
		}
		if times++; times == w.looks {
			return waits
		}
	}
}

// lockedUp says which goroutines of a bubble wait for a lock, if each of them is blocked,
// so that nobody will ever give it back: the time of a bubble stands still while somebody
// waits for a lock.
func lockedUp(bubble string) string {
	var waits strings.Builder
	for _, g := range stacks() {
		header, _, _ := strings.Cut(g, "\n")
		if bubbleOf(header) != bubble {
			continue
		}
		switch state := stateOf(header); {
		case state == "running" || state == "runnable" || state == "syscall" || strings.HasPrefix(state, "GC"):
			return ""
		case strings.HasPrefix(state, "sync.Mutex") || strings.HasPrefix(state, "sync.RWMutex") || state == "semacquire":
			waits.WriteString("\n" + g + "\n")
		}
	}
	if waits.Len() == 0 {
		return ""
	}
	return "these goroutines wait for a lock, while everybody else waits for time to pass or for the network. " +
		"In a bubble of testing/synctest time stands still meanwhile. Don't hold a lock while you call or sleep:\n" + waits.String()
}

// ownHeader is the first line of the stack of the calling goroutine.
func ownHeader() string {
	buffer := make([]byte, 128)
	header, _, _ := strings.Cut(string(buffer[:runtime.Stack(buffer, false)]), "\n")
	return header
}

// stacks returns the stacks of all goroutines.
func stacks() []string {
	for size := 1 << 20; ; size *= 2 {
		buffer := make([]byte, size)
		if n := runtime.Stack(buffer, true); n < size {
			return strings.Split(string(buffer[:n]), "\n\n")
		}
	}
}

// bubbleOf returns the number of the bubble of a goroutine, from the first line of its
// stack: "goroutine 8 [chan receive (durable), 2 minutes, synctest bubble 1]:". It is empty
// for one that is in none.
func bubbleOf(header string) string {
	_, after, _ := strings.Cut(header, "synctest bubble ")
	number, _, _ := strings.Cut(after, "]")
	number, _, _ = strings.Cut(number, ",")
	return number
}

// stateOf returns what a goroutine does or waits for, from the first line of its stack.
func stateOf(header string) string {
	_, after, _ := strings.Cut(header, "[")
	state, _, _ := strings.Cut(strings.TrimSuffix(after, "]:"), ",")
	return state
}

// leftMax bounds the goroutines, and the functions of Go, that a report names.
const leftMax = 8

// leftOf says which goroutines of a run are left, and whose they are, by their labels.
func leftOf(run string) string {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return err.Error()
	}
	label := fmt.Sprintf("%q:%q", labelRun, run)
	var b strings.Builder
	n := 0
	for _, g := range strings.Split(profile.String(), "\n\n") {
		if !strings.Contains(g, label) {
			continue
		}
		if n++; n <= leftMax {
			count, _, _ := strings.Cut(g, " ")
			fmt.Fprintf(&b, "%s of %s:\n%s", count, ownerOf(g), placesOf(g))
		}
	}
	if n > leftMax {
		fmt.Fprintf(&b, "and at %d more places\n", n-leftMax)
	}
	return b.String()
}

// ownerOf returns whose the goroutines of an entry of a profile are.
func ownerOf(entry string) string {
	_, after, _ := strings.Cut(entry, strconv.Quote(labelOf)+":")
	quoted, err := strconv.QuotedPrefix(after)
	if err != nil {
		return "nobody that is known"
	}
	owner, _ := strconv.Unquote(quoted)
	return owner
}

// placesOf returns the functions and lines of an entry of a profile, the innermost first.
func placesOf(entry string) string {
	var b strings.Builder
	for line := range strings.Lines(entry) {
		if fields := strings.Split(strings.TrimSpace(line), "\t"); len(fields) >= 4 && fields[0] == "#" {
			function, _, _ := strings.Cut(fields[2], "+0x")
			fmt.Fprintf(&b, "  %s\n      %s\n", function, fields[len(fields)-1])
		}
	}
	return b.String()
}
