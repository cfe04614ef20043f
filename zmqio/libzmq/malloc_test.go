//go:build cgo && libzmq && linux

package libzmq

import (
	"bytes"
	"fmt"
	"os"
	"runtime/debug"
	"testing"
	"time"

	zmq "github.com/pebbe/zmq4"
	"golang.org/x/sys/unix"
)

// resident returns how many bytes this process occupies, without garbage of Go's.
func resident(t *testing.T) int64 {
	t.Helper()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// store holds messages in a socket of libzmq, in its memory.
type store struct {
	t       *testing.T
	in, out *zmq.Socket
}

// stores opens n of them.
func stores(t *testing.T, n int) (all []store) {
	context, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = context.Term() }) // once its sockets are closed
	for i := range n {
		s := store{t: t}
		for _, end := range []struct {
			z    **zmq.Socket
			open func(*zmq.Socket, string) error
		}{{&s.in, (*zmq.Socket).Bind}, {&s.out, (*zmq.Socket).Connect}} {
			if *end.z, err = context.NewSocket(zmq.PAIR); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = (*end.z).Close() })
			if err := end.open(*end.z, fmt.Sprint("inproc://", i)); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, s)
	}
	return all
}

func (s *store) put(message []byte) {
	if _, err := s.in.SendBytes(message, zmq.DONTWAIT); err != nil {
		s.t.Fatal(err)
	}
}

func (s *store) take(n int) {
	for range n {
		if _, err := s.out.RecvBytes(zmq.DONTWAIT); err != nil {
			s.t.Fatal(err)
		}
	}
}

// What large messages took is given back once it is much, also between others that libzmq still
// has, and all of it when nothing has moved for a while.
func TestLargeMessagesAreGivenBack(t *testing.T) { // not parallel: it is about the whole process
	if !cWatched {
		t.Skip("this glibc can't be asked what is free: none is kept")
	}
	start(t, "a", false)
	all := stores(t, 2)
	kept, freed := all[0], all[1]
	message := make([]byte, 2*mib)
	freed.put(message)
	freed.take(1) // from here on glibc keeps what it has got of that size, if it is left alone
	const messages = cSpareMax/(2*mib) + 10
	for range messages {
		freed.put(message)
		kept.put(message)
	}
	give := func(what string, n int64, moved int64, now time.Time) {
		t.Helper()
		full := resident(t)
		heapOfC.look(moved, now)
		if given := full - resident(t); given < n*3/4-mib || n == 0 && given > 5*mib { // Go gives back what it likes meanwhile
			t.Errorf("%s: %d bytes were given back, of %d that were free", what, given, n)
		}
	}
	heapOfC.end(0) // what other tests have left
	now := time.Now()
	give("all in use", 0, 0, now)
	freed.take(messages)
	give("much is free", messages*2*mib, messages*2*mib, now)
	kept.take(10)
	give("little is free", 0, 20*mib, now)
	give("and still is", 0, 0, now.Add(cQuiet-1))
	give("it is quiet", 20*mib, 0, now.Add(cQuiet))
	kept.take(messages - 10)
}

// Nothing is kept of large messages while many can have begun.
func TestNothingIsKeptWhileManyCanHaveBegun(t *testing.T) {
	if !cWatched {
		t.Skip("this glibc can't be asked what is free: none is kept")
	}
	var h cHeap
	h.begin()
	defer cKeep(true)
	h.part(cPartsMax)
	for _, step := range []struct {
		part int64
		want bool
	}{{0, true}, {1, false}, {-1, false}, {-cPartsMax / 2, true}, {cPartsMax / 2, true}, {1, false}, {-cPartsMax - 1, true}} {
		h.part(step.part)
		if used, _ := cUse(); used < cUsedMax && h.keeps(cLargeMin) != step.want {
			t.Errorf("with %d bytes that can have begun: it keeps %v", h.parts, !step.want)
		}
		if !h.keeps(cLargeMin - 1) {
			t.Error("a small message is given back")
		}
	}
	if h.parts != 0 {
		t.Errorf("%d bytes are left", h.parts)
	}
}

// Only whole pages are given back: the allocator's own bytes are next to a message.
func TestOnlyWholePagesAreGivenBack(t *testing.T) {
	page := os.Getpagesize()
	for _, cut := range []struct{ from, to, empty int }{
		{0, 4 * page, 4}, {1, 4*page - 1, 2}, {page - 1, 3*page + 1, 2}, {page, 2*page - 1, 0}, {page + 8, page + 16, 0}, {8, 8, 0},
	} {
		memory, err := unix.Mmap(-1, 0, 4*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			t.Fatal(err)
		}
		for i := range memory {
			memory[i] = 7
		}
		cGiveBack(memory[cut.from:cut.to])
		empty := bytes.Count(memory, make([]byte, page))
		if zeros := bytes.Count(memory, []byte{0}); empty != cut.empty || zeros != cut.empty*page {
			t.Errorf("%d to %d: %d pages were given back, %d bytes in all; want %d pages", cut.from, cut.to, empty, zeros, cut.empty)
		}
		if err := unix.Munmap(memory); err != nil {
			t.Fatal(err)
		}
	}
}
