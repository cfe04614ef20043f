package main

import (
	"encoding/json"
	"fmt"
	"syscall"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/live"
)

// member is a node of a rig, as the runner sees it, in all its lives.
type member struct {
	rig    *rig
	config nodeConfig

	address string // where it listens
	child   *live.Child
	heard   chan string   // where it listens, once
	left    chan leftover // what it has left, if it was asked to leave
	gone    chan struct{} // closed when its process has ended
	ending  bool          // it is to end; belongs to the rig's mu
}

// processPatience bounds how long a process may take to begin and to end.
const processPatience = 2 * time.Minute

// start begins a life, listening at an address. It returns when the node listens.
func (m *member) start(listen string) error {
	m.config.Listen = listen
	m.config.Seed++
	var child *live.Child
	err := live.Relaxed(func() (err error) {
		child, err = live.Start(envNode, m.config)
		return err
	})
	if err != nil {
		return err
	}
	m.child, m.heard, m.left, m.gone = child, make(chan string, 1), make(chan leftover, 1), make(chan struct{})
	m.rig.mu.Lock()
	m.ending = false
	m.rig.mu.Unlock()
	go m.listen(child, m.heard, m.left, m.gone)
	select {
	case m.address = <-m.heard:
	case <-m.gone:
		return fmt.Errorf("node %s did not begin: %s", m.config.Name, child.Errors())
	case <-time.After(processPatience):
		return fmt.Errorf("node %s did not begin within %v", m.config.Name, processPatience)
	}
	for _, c := range m.rig.cables {
		if c.listener == m {
			c.proxy.SetTarget(m.address)
		}
	}
	return nil
}

// listen takes what the process reports.
func (m *member) listen(child *live.Child, heard chan<- string, left chan<- leftover, gone chan<- struct{}) {
	defer close(gone)
	for line := range child.Lines() {
		var r report
		if err := json.Unmarshal(line, &r); err != nil {
			continue // the last line of a process that was killed
		}
		switch {
		case r.Listening != "":
			heard <- r.Listening
		case r.Served != nil:
			m.rig.served(*r.Served)
		case r.Counts != nil:
			m.rig.counted(r.Counts)
		case r.Trouble != "":
			m.rig.trouble("%s: %s", m.config.Name, r.Trouble)
		case r.Left != nil:
			left <- *r.Left
		}
	}
	m.rig.mu.Lock()
	ending := m.ending
	m.rig.mu.Unlock()
	if !ending {
		m.rig.trouble("%s: the process has ended: %s", m.config.Name, child.Errors())
	}
}

func (m *member) expectEnd() {
	m.rig.mu.Lock()
	defer m.rig.mu.Unlock()
	m.ending = true
}

// kill ends its life with SIGKILL.
func (m *member) kill() {
	m.expectEnd()
	_ = m.child.Signal(syscall.SIGKILL) // it may have ended
	<-m.gone
}

// leave has it close in order, and judges what it leaves.
func (m *member) leave() {
	m.expectEnd()
	m.child.Tell(order{Leave: true})
	select {
	case left := <-m.left:
		if left != (leftover{}) {
			m.rig.trouble("%s has left %d goroutines, %d descriptors and %d pending calls\n%s", m.config.Name, left.Goroutines, left.Descriptors, left.Pending, m.child.Errors())
		}
	case <-m.gone:
		m.rig.trouble("%s did not close: %s", m.config.Name, m.child.Errors())
	case <-time.After(processPatience):
		m.rig.trouble("%s did not close within %v", m.config.Name, processPatience)
		_ = m.child.Signal(syscall.SIGQUIT) // its goroutines say why
		<-m.gone
		m.rig.trouble("%s: %s", m.config.Name, m.child.Errors())
		return
	}
	<-m.gone
}
