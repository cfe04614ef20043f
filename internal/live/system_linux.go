package live

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Supported says whether this system tells what campaigns ask it.
const Supported = true

// Memory returns what a process occupies, in bytes: now, and at its peak.
func Memory(pid int) (now, peak int64, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	return statusBytes(string(status), "VmRSS:"), statusBytes(string(status), "VmHWM:"), nil
}

// Freeze stops the process without ending it, and Thaw lets it go on.
func (c *Child) Freeze() error { return c.Signal(syscall.SIGSTOP) }

// Thaw ends Freeze.
func (c *Child) Thaw() error { return c.Signal(syscall.SIGCONT) }

// timerSlack is how late the system may be with the timers of a process that Relaxed has started.
const timerSlack = time.Millisecond

// Relaxed calls start. Processes that it starts, on its goroutine, may wake a millisecond late. A program
// in Go has a thread that looks each 20 µs while any goroutine runs, or waits for a processor: many
// processes with little to do, each, keep a machine busy with that alone.
func Relaxed(start func() error) error {
	runtime.LockOSThread() // a process inherits it from the thread that starts it
	defer runtime.UnlockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(timerSlack), 0, 0, 0) // without it all works, at a price
	defer unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0)                 // which is as it was
	return start()
}

// Used returns how much time of processors this process has used, and those of its children that have ended.
func Used() (used time.Duration) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var usage syscall.Rusage
		_ = syscall.Getrusage(who, &usage) // it can't fail
		used += time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	return used
}

// Waited returns how long each thread of this process has waited for a processor so far, by
// the number of the thread. One that has ended meanwhile is left out.
func Waited() map[int]time.Duration {
	dir, err := os.Open("/proc/self/task")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1) // what it has read counts
	waited := make(map[int]time.Duration, len(names))
	text := make([]byte, 128)
	for _, name := range names {
		// Not os.ReadFile, which offers each file to the poller and looks for its size.
		fd, err := syscall.Open("/proc/self/task/"+name+"/schedstat", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		if err != nil {
			continue
		}
		n, err := syscall.Read(fd, text)
		_ = syscall.Close(fd) // nothing was written
		fields := strings.Fields(string(text[:max(n, 0)]))
		if err != nil || len(fields) < 2 {
			continue
		}
		thread, err1 := strconv.Atoi(name)
		ns, err2 := strconv.ParseInt(fields[1], 10, 64) // after how long it ran
		if err1 == nil && err2 == nil {
			waited[thread] = time.Duration(ns)
		}
	}
	return waited
}

// statusBytes reads a line of a process's status, in kB.
func statusBytes(status, name string) int64 {
	_, rest, _ := strings.Cut(status, name)
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	n, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}

// systemText describes the machine's kernel, processor and memory.
func systemText() string {
	cpu, _ := os.ReadFile("/proc/cpuinfo") // what can't be read is left out
	_, model, _ := strings.Cut(string(cpu), "model name")
	model, _, _ = strings.Cut(strings.TrimLeft(model, "\t: "), "\n")
	info, _ := os.ReadFile("/proc/meminfo")
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return fmt.Sprintf("%s, %d MiB, Linux %s", model, statusBytes(string(info), "MemTotal:")>>20, strings.TrimSpace(string(release)))
}

// pageText says what the first use of a page of memory costs here: where a hypervisor
// makes it dear, a node that is made to use much memory is slow at everything meanwhile.
func pageText() string {
	const bytes = 64 << 20
	memory, err := syscall.Mmap(-1, 0, bytes, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return "the first use of a page not measured"
	}
	defer func() { _ = syscall.Munmap(memory) }() // it was mapped just now
	page := os.Getpagesize()
	began := time.Now()
	for at := 0; at < bytes; at += page {
		memory[at] = 1
	}
	each := time.Since(began) / time.Duration(bytes/page)
	return fmt.Sprintf("the first use of a page takes %.1f µs", float64(each)/float64(time.Microsecond))
}
