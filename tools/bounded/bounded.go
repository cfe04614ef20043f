// Package bounded runs commands that may never end by themselves: within bounds of CPU
// time and memory. A bound on CPU time instead of time by the clock keeps a busy machine
// from deciding how a run ends.
package bounded

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// Command is what is run. It gets one processor.
type Command struct {
	Args []string
	Dir  string        // where it runs
	Env  []string      // on top of this process's environment
	CPU  time.Duration // what it may take; whole seconds count
}

// MemoryMiB is the address space that a command may have.
const MemoryMiB = 3 << 10

// Verdict says how a run ended.
type Verdict uint8

// The ends of a run.
const (
	Passed  Verdict = iota
	Failed          // by itself
	RanAway         // it reached a bound of CPU time or memory
)

// Run is the end of one run.
type Run struct {
	Verdict Verdict
	CPU     time.Duration
	Output  []byte // the first OutputBytesMax of both outputs
}

// Do runs the command. The shell sets the bounds: the kernel ends what reaches that of
// CPU time, Go what reaches that of memory.
func (c *Command) Do() Run {
	bounds := fmt.Sprintf("ulimit -t %d; ulimit -v %d; exec \"$@\"", int(c.CPU.Seconds()), MemoryMiB<<10)
	sh := exec.Command("sh", append([]string{"-c", bounds, "sh"}, c.Args...)...)
	sh.Dir = c.Dir
	sh.Env = append(append(os.Environ(), c.Env...), "GOMAXPROCS=1")
	out := &head{}
	sh.Stdout, sh.Stderr = out, out
	err := sh.Run()
	r := Run{Output: out.kept.Bytes()}
	if sh.ProcessState != nil {
		r.CPU = sh.ProcessState.UserTime() + sh.ProcessState.SystemTime()
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &exit) && exit.ExitCode() < 0, // ended by a signal
		bytes.Contains(r.Output, []byte("cannot allocate memory")), bytes.Contains(r.Output, []byte("out of memory")):
		r.Verdict = RanAway
	default:
		r.Verdict = Failed
	}
	return r
}

// OutputBytesMax is how much of a command's output is kept.
const OutputBytesMax = 64 << 10

// head keeps the first OutputBytesMax that are written to it. The buffer is no embedded
// one: its ReadFrom would go round Write.
type head struct{ kept bytes.Buffer }

func (h *head) Write(p []byte) (int, error) {
	if rest := OutputBytesMax - h.kept.Len(); rest > 0 {
		h.kept.Write(p[:min(len(p), rest)])
	}
	return len(p), nil
}
