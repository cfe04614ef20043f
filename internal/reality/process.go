package reality

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
)

// process is a process of a node, as its parent has it.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.Reader
	errors head
	orders chan *order // written by a goroutine of their own: a process that is stopped reads none
	ended  chan struct{}
}

// spawn starts command, whose Main waits for what it is. To start a process takes longer
// than to tell it: where a node may need another one, it is there before.
func spawn(command []string) (*process, error) {
	p := &process{cmd: exec.Command(command[0], command[1:]...), orders: make(chan *order, ordersMax), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), "GOTRACEBACK=single")
	p.cmd.Stderr = &p.errors
	var err error
	if p.out, err = p.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	return p, p.cmd.Start()
}

// begin tells a process what it is. Each report is given to hear, by one goroutine, and
// ended is called once when there are no more.
func (p *process) begin(s *setup, hear func(*report), ended func()) {
	go p.write(s)
	go func() {
		lines := bufio.NewScanner(p.out)
		lines.Buffer(nil, lineMax)
		for lines.Scan() {
			var r report
			if json.Unmarshal(lines.Bytes(), &r) == nil { // a line that was cut by the end of the process is none
				hear(&r)
			}
		}
		_ = p.cmd.Wait() // how it ended is what it was told, or in errors
		close(p.ended)
		ended()
	}()
}

// ordersMax is how many orders a process that reads none may have.
const ordersMax = 1000

// write writes the setup and the orders.
func (p *process) write(s *setup) {
	out := json.NewEncoder(p.in)
	_ = out.Encode(s) // the process may have ended, which the reader notices
	for {
		select {
		case o := <-p.orders:
			_ = out.Encode(o)
		case <-p.ended:
			return
		}
	}
}

// order has the process do something, when it comes to it.
func (p *process) order(o *order) error {
	select {
	case p.orders <- o:
		return nil
	default:
		return fmt.Errorf("a process has %d orders that it has not read", ordersMax)
	}
}

// kill ends it.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// discard ends a process that was not told anything.
func (p *process) discard() {
	_ = p.cmd.Process.Kill() // it may have ended
	_ = p.cmd.Wait()         // as it was killed
}

// head keeps the first bytes that are written to it: a panic begins with its reason.
type head struct {
	mu sync.Mutex
	b  []byte
}

// Write implements io.Writer.
func (h *head) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.b = append(h.b, b[:min(len(b), headMax-len(h.b))]...)
	return len(b), nil
}

const headMax = 1000

// String returns what was kept.
func (h *head) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return string(h.b)
}
