package bulk

import (
	"syscall"
	"time"
	"unsafe"
)

// Thread is a thread of the process.
type Thread int

// CurrentThread returns the one that runs the calling goroutine just now.
func CurrentThread() Thread { return Thread(syscall.Gettid()) }

// Used returns how much processor time the thread has used. It says false if that can't be
// told, as the thread has ended.
func (t Thread) Used() (used time.Duration, ok bool) {
	// The clock of a thread: MAKE_THREAD_CPUCLOCK and CPUCLOCK_SCHED of linux/posix-timers.h.
	return read(^uintptr(t)<<3 | 4 | 2)
}

// ProcessUsed returns how much processor time the process has used.
func ProcessUsed() (used time.Duration, ok bool) {
	const clockProcess = 2 // CLOCK_PROCESS_CPUTIME_ID
	return read(clockProcess)
}

func read(clock uintptr) (at time.Duration, ok bool) {
	var now syscall.Timespec
	if _, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&now)), 0); errno != 0 {
		return 0, false
	}
	return time.Duration(now.Nano()), true
}
