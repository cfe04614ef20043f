package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
)

// A child is told by its parent, on its standard input: a line of JSON to begin
// with, then a word for each thing to do. It answers on its standard output: the
// address it listens on, then a line for each thing that happens to it. When its
// input ends, because the parent closed it or died, so does the child.

// childArgument makes this program a child.
const childArgument = "-child"

// begin is the first line a child gets.
type begin struct {
	company
	Self    int            // index in Everybody
	Connect map[int]string // addresses of those to connect to
}

// joinedLine is what a child says when it has joined those it connects to.
const joinedLine = "has joined those it connects to"

// multicastWord has a child call everybody.
const multicastWord = "multicast"

// child is the whole life of bob or carol.
func child(ctx context.Context) error {
	input := bufio.NewReader(os.Stdin)
	line, err := input.ReadBytes('\n')
	if err != nil {
		return err
	}
	var b begin
	if err := json.Unmarshal(line, &b); err != nil {
		return err
	}
	var mu sync.Mutex // handlers speak concurrently
	say := func(text string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(text)
	}
	m, err := b.join(b.Self, say)
	if err != nil {
		return err
	}
	defer m.Close()
	say(m.address())
	for who, address := range b.Connect {
		if err := m.ConnectTo(b.Everybody[who].PublicKey, address); err != nil {
			return err
		}
	}
	if len(b.Connect) > 0 {
		if err := m.WaitPeers(ctx, len(b.Connect)); err != nil {
			return fmt.Errorf("waiting for those it connects to: %w", err)
		}
		say(joinedLine)
	}
	return obey(ctx, m, input)
}

func obey(ctx context.Context, m *member, input *bufio.Reader) error {
	for {
		switch word, err := input.ReadString('\n'); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case word == multicastWord+"\n":
			rows, took, err := m.multicast(ctx, 2)
			if err != nil {
				return err
			}
			m.say("calls everybody: " + m.table(rows, took))
		default:
			return fmt.Errorf("told to %q", word)
		}
	}
}

// process is a child as its parent sees it.
type process struct {
	identity
	cmd     *exec.Cmd
	input   io.WriteCloser
	lines   chan string // what it says; closed when it has ended
	address string
}

// start starts the child that is to be number self and waits for it to listen.
func (c company) start(ctx context.Context, self int, connect map[int]string) (*process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{
		identity: c.Everybody[self],
		cmd:      exec.Command(program, childArgument),
		lines:    make(chan string),
	}
	p.cmd.Stderr = os.Stderr
	if p.input, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	output, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.lines)
		for scanner := bufio.NewScanner(output); scanner.Scan(); {
			p.lines <- scanner.Text()
		}
	}()
	if err := json.NewEncoder(p.input).Encode(begin{c, self, connect}); err != nil {
		return nil, errors.Join(err, p.kill())
	}
	p.address, err = p.next(ctx)
	return p, err
}

// next returns the next thing the child says.
func (p *process) next(ctx context.Context) (string, error) {
	select {
	case line, ok := <-p.lines:
		if !ok {
			return "", fmt.Errorf("%s has ended", p.Name)
		}
		return line, nil
	case <-ctx.Done():
		return "", fmt.Errorf("%s says nothing: %w", p.Name, ctx.Err())
	}
}

func (p *process) tell(word string) error {
	_, err := io.WriteString(p.input, word+"\n")
	return err
}

// kill ends the child as a crash would, and waits until it is gone.
func (p *process) kill() error {
	if err := p.cmd.Process.Kill(); err != nil {
		return err
	}
	for range p.lines {
	}
	p.cmd.Wait() // its error is the signal
	return nil
}

// end lets the child take leave, and waits until it has.
func (p *process) end() error {
	p.input.Close()
	for range p.lines {
	}
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	return nil
}
