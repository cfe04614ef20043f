package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

// The served end of a contender runs in a process of its own: this program,
// started again. Parent and child talk in lines: the child's first one is where
// it listens; to any line of the parent it answers with what it has used; it
// ends when its standard input does, hence with its parent.

func runChild(c contender) error {
	target, stop, err := c.serve()
	if err != nil {
		return err
	}
	defer stop()
	fmt.Println(target)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		u := usageNow()
		fmt.Println(u.cpu, u.allocs)
	}
	return nil
}

// usage is what a process has used since it began.
type usage struct {
	cpu    int64 // nanoseconds, user and system
	allocs int64 // heap objects
}

func (u usage) minus(v usage) usage { return usage{u.cpu - v.cpu, u.allocs - v.allocs} }
func (u usage) plus(v usage) usage  { return usage{u.cpu + v.cpu, u.allocs + v.allocs} }

func usageNow() usage {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return usage{}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{cpu: r.Utime.Nano() + r.Stime.Nano(), allocs: int64(m.Mallocs)}
}

// child is the running served end.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	target string
}

func startChild(c contender) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "-serve", c.name)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ch := &child{cmd: cmd, stdin: stdin, stdout: bufio.NewReader(stdout)}
	line, err := ch.stdout.ReadString('\n')
	if err != nil {
		ch.stop()
		return nil, fmt.Errorf("%s: its server did not start: %w", c.name, err)
	}
	ch.target = strings.TrimSuffix(line, "\n")
	return ch, nil
}

func (ch *child) usage() (u usage, err error) {
	if _, err = io.WriteString(ch.stdin, "usage\n"); err != nil {
		return u, err
	}
	_, err = fmt.Fscanln(ch.stdout, &u.cpu, &u.allocs)
	return u, err
}

func (ch *child) stop() {
	ch.stdin.Close()
	ch.cmd.Wait()
}
