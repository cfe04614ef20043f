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

// resetPeak makes the peak what is occupied now. Where that is not allowed the peak
// stays, and what a node took before an attack counts as if the attack had done it.
func resetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
}
