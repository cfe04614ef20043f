package main

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"
)

// bareStar is the least that a star has to do over TCP: a goroutine for each end of each
// connection, which reads and writes messages of as many bytes as a call of ours has, and a
// heartbeat.
type bareStar struct {
	listener net.Listener
	leaves   []net.Conn
	hub      []net.Conn
	replies  sync.WaitGroup // of a call to all
}

const (
	bareBytes     = 160
	bareHeartbeat = 4 * time.Second

	// Of a message, the first byte.
	bareCalls, barePings = 'c', 'p'
)

// measureBareLinks is measureLinks for a bare star.
func measureBareLinks(links int) (row linksRow, err error) {
	row = linksRow{transport: "bare", links: links}
	before := memoryInUse()
	var s bareStar
	defer s.close()
	began := time.Now()
	if err := s.join(links); err != nil {
		return row, err
	}
	row.storm = time.Since(began)
	var cpus []time.Duration
	row.multicast = medianOf(func() error {
		before := usageNow()
		err = s.multicast()
		cpus = append(cpus, time.Duration(usageNow().minus(before).cpu))
		return err
	})
	if err != nil {
		return row, err
	}
	slices.Sort(cpus)
	row.cpu = cpus[len(cpus)/2]
	row.idle = idleCPU()
	row.bytes = float64(memoryInUse()-before) / float64(links)
	runtime.KeepAlive(&s)
	return row, nil
}

// join makes the connections.
func (s *bareStar) join(links int) (err error) {
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	accepted := make(chan error, 1)
	go func() {
		for range links {
			conn, err := s.listener.Accept()
			if err != nil {
				accepted <- err
				return
			}
			s.hub = append(s.hub, conn)
			go s.answer(conn)
		}
		accepted <- nil
	}()
	for range links {
		conn, err := net.Dial("tcp", s.listener.Addr().String())
		if err != nil {
			s.listener.Close()
			<-accepted
			return err
		}
		s.leaves = append(s.leaves, conn)
		go s.serve(conn)
	}
	return <-accepted
}

// answer is the hub's end of a connection: it counts replies, and answers heartbeats.
func (s *bareStar) answer(conn net.Conn) {
	message := make([]byte, bareBytes)
	for {
		if _, err := io.ReadFull(conn, message); err != nil {
			return
		}
		if message[0] == bareCalls {
			s.replies.Done()
		} else if _, err := conn.Write(message); err != nil {
			return
		}
	}
}

// serve is a leaf's end: it answers calls, and sends heartbeats.
func (s *bareStar) serve(conn net.Conn) {
	message, ping := make([]byte, bareBytes), append(make([]byte, 0, bareBytes), barePings)[:bareBytes]
	_ = conn.SetReadDeadline(time.Now().Add(bareHeartbeat))
	for read := 0; ; {
		n, err := conn.Read(message[read:])
		read += n
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			_ = conn.SetReadDeadline(time.Now().Add(bareHeartbeat))
			_, err = conn.Write(ping)
		case err == nil && read == bareBytes:
			if read = 0; message[0] == bareCalls {
				_, err = conn.Write(message)
			}
		}
		if err != nil {
			return
		}
	}
}

// multicast sends a call to all, and waits for their replies.
func (s *bareStar) multicast() error {
	message := make([]byte, bareBytes)
	message[0] = bareCalls
	s.replies.Add(len(s.hub))
	for _, conn := range s.hub {
		if _, err := conn.Write(message); err != nil {
			return err
		}
	}
	s.replies.Wait()
	return nil
}

func (s *bareStar) close() {
	if s.listener != nil {
		s.listener.Close()
	}
	for _, conn := range slices.Concat(s.leaves, s.hub) {
		conn.Close()
	}
}
