package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// supported says whether this system tells what the suite asks it.
const supported = true

// giveWay has this process run only where nothing else wants to (SCHED_IDLE). The system
// keeps that for each thread, and new threads take it from the one that makes them: a
// second round finds those that came in the first.
func giveWay() error {
	const policyIdle = 5 // SCHED_IDLE of sched.h
	var priority int32   // struct sched_param: 0 is the only one that this policy has
	for range 2 {
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		for _, thread := range threads {
			id, err := strconv.Atoi(thread.Name())
			if err != nil {
				return err
			}
			_, _, failure := syscall.RawSyscall(syscall.SYS_SCHED_SETSCHEDULER, uintptr(id), policyIdle, uintptr(unsafe.Pointer(&priority)))
			if failure != 0 && failure != syscall.ESRCH {
				return failure
			}
		}
	}
	return nil
}

// ticksASecond is the unit of processor time in /proc, on every platform of Go.
const ticksASecond = 100

// cpuOf returns the processor time that a process has used.
func cpuOf(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return cpuTime(strings.Fields(rest), 11, 12) // utime and stime; ") " ends the second field
}

// cpuOfAll returns the processor time that everything has used.
func cpuOfAll() time.Duration {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	return cpuTime(strings.Fields(line), 1, 2, 3, 6, 7, 8) // all but idle and waiting for disks
}

func cpuTime(fields []string, at ...int) (sum time.Duration) {
	for _, i := range at {
		if i < len(fields) {
			n, _ := strconv.ParseInt(fields[i], 10, 64) // zero if it is none
			sum += time.Duration(n) * (time.Second / ticksASecond)
		}
	}
	return sum
}

// filesMax returns how many descriptors this process may have. Go has raised the
// soft limit to the hard one.
func filesMax() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024
	}
	return int(min(limit.Cur, 1<<20))
}

// setFilesMax lowers that number.
func setFilesMax(n uint64) error {
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: n, Max: n})
}

// memory returns what a process occupies, in bytes: now, and at its peak.
func memory(pid int) (now, peak int64, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	return statusBytes(string(status), "VmRSS:"), statusBytes(string(status), "VmHWM:"), nil
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

// resetPeak makes the peak what is occupied now. Where that is not allowed the peak
// stays, and what a node took before an attack counts as if the attack had done it.
func resetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
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
