package live

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// Child is a process of this program that plays another role.
type Child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	lines  chan []byte // of its output; closed at the end
	errors head
	ended  chan struct{} // closed when it has ended
	err    error         // why, from then on
}

// Start starts this program with told, as JSON, in the environment variable env.
func Start(env string, told any) (*Child, error) {
	text, err := json.Marshal(told)
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &Child{cmd: exec.Command(program), lines: make(chan []byte, 1), ended: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), env+"="+string(text), "GOTRACEBACK=single")
	c.cmd.Stderr = &c.errors
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		for in := bufio.NewScanner(out); in.Scan(); {
			c.lines <- bytes.Clone(in.Bytes())
		}
		close(c.lines)
		c.err = c.cmd.Wait()
		close(c.ended)
	}()
	return c, nil
}

// Next decodes the next line of its output, and waits for it no longer than patience.
func (c *Child) Next(into any, patience time.Duration) error {
	select {
	case line, ok := <-c.lines:
		if !ok {
			<-c.ended
			return fmt.Errorf("the process has ended: %v: %s", c.err, c.errors.String())
		}
		return json.Unmarshal(line, into)
	case <-time.After(patience):
		return fmt.Errorf("no answer within %v", patience)
	}
}

// Ask writes a line to its input, and decodes the one that comes back.
func (c *Child) Ask(into any, patience time.Duration) error {
	if _, err := io.WriteString(c.in, "\n"); err != nil {
		<-c.ended
		return fmt.Errorf("the process has ended: %v: %s", c.err, c.errors.String())
	}
	return c.Next(into, patience)
}

// Alive says whether it runs.
func (c *Child) Alive() bool {
	select {
	case <-c.ended:
		return false
	default:
		return true
	}
}

// Stop ends it.
func (c *Child) Stop() {
	_ = c.cmd.Process.Kill() // it may have ended
	for range c.lines {
	}
	<-c.ended
}

// head keeps the first bytes that are written to it.
type head struct {
	mu sync.Mutex
	b  []byte
}

// Write implements io.Writer.
func (h *head) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.b = append(h.b, b[:min(len(b), 1000-len(h.b))]...)
	return len(b), nil
}

// String returns what was kept.
func (h *head) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return string(h.b)
}

// Lines returns the lines of its output that are not read yet, for who reads them all. The
// channel is closed when the process has closed its output.
func (c *Child) Lines() <-chan []byte { return c.lines }

// Tell writes a line to its input. That it has ended is no error: Lines tells.
func (c *Child) Tell(told any) {
	text, err := json.Marshal(told)
	if err == nil {
		_, _ = c.in.Write(append(text, '\n'))
	}
}

// Signal sends it a signal.
func (c *Child) Signal(s os.Signal) error { return c.cmd.Process.Signal(s) }

// Pid returns the number of the process.
func (c *Child) Pid() int { return c.cmd.Process.Pid }

// Errors returns the first bytes of its standard error: a panic begins with its reason.
func (c *Child) Errors() string { return c.errors.String() }
