package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

const (
	// dialSoon is how long a dial waits: nobody else starts with us.
	dialSoon = time.Millisecond
	// leaveTime bounds how long what was sent may take to leave at the end.
	leaveTime = time.Second
	// lookTime is between two looks at peers that are dialled.
	lookTime = 5 * time.Millisecond
)

// session is a node of our own, with the peers that a command is about.
type session struct {
	*app
	node  *bilateralrpc.Bilateral
	book  book // all that the user has named
	peers book // those of the command
	all   bool // which are whoever is there
	// doing tells how far the work is, for progress; nil where that is how many have answered.
	doing func() string
}

// open makes a node that dials the peers that word means. It has to be closed.
func (a *app) open(word string) (*session, error) {
	known, err := a.readBook()
	if err != nil {
		return nil, err
	}
	peers, err := known.pick(word, len(a.listen) > 0)
	if err != nil {
		return nil, err
	}
	return a.openFor(known, peers, word == everybody, false)
}

func (a *app) openFor(known, peers book, all, tells bool) (*session, error) {
	config, err := a.config(known)
	if err != nil {
		return nil, err
	}
	config.ListMethods = tells
	node, err := bilateralrpc.New(config)
	if err != nil {
		return nil, usage("%w", err)
	}
	if all { // one file of peers may be for all of them
		own := node.Status().Name
		peers = slices.DeleteFunc(slices.Clone(peers), func(e entry) bool { return e.name == own })
	}
	s := &session{app: a, node: node, book: known, peers: peers, all: all}
	for _, address := range a.listen {
		if err := node.ListenOn(address); err != nil {
			return nil, errors.Join(usage("--listen: %w", err), s.close())
		}
	}
	for _, e := range peers {
		if e.address == "" {
			continue
		}
		if err := node.ConnectTo(e.name, e.address); err != nil {
			return nil, errors.Join(usage("%s: %w", known.called(e.name), err), s.close())
		}
	}
	return s, nil
}

// config is what the flags say of this node.
func (a *app) config(known book) (bilateralrpc.Config, error) {
	c := bilateralrpc.Config{
		Network: a.network, Name: a.name, AllowedKeysFile: a.allow,
		Alias:  func(name string) string { return known.alias(name) },
		Timing: bilateralrpc.Timing{FirstStart: dialSoon}, Linger: leaveTime,
	}
	if a.verbose {
		c.Logger = slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	if a.keys == "" {
		if c.Name == "" {
			c.Name = "bilateral-" + rand.Text()[:8]
		}
		if a.allow != "" {
			return c, usage("--allow needs --keys: names prove nothing in plaintext")
		}
		return c, nil
	}
	if _, err := os.Stat(a.keys); errors.Is(err, fs.ErrNotExist) {
		return c, usage("no file %s: make it by: bilateral keygen %s", a.keys, a.keys)
	}
	var err error
	if c.PublicKey, c.PrivateKey, err = bilateralrpc.LoadOrCreateKeypair(a.keys); err != nil {
		return c, usage("%w", err)
	}
	return c, nil
}

func (s *session) close() error {
	s.node.Close()
	return nil
}

// settle waits until each peer of the command is up, or a dial of it has failed and the time
// of --wait is over. It returns those that are up, and why the others are not.
func (s *session) settle(ctx context.Context) (up []string, missing map[string]error, err error) {
	limit := s.timeout
	if len(s.peers) > 1 {
		limit /= 2 // the rest is for those that are there
	}
	soon, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var there atomic.Int64
	stop := s.progress(func() string { return fmt.Sprintf("connecting: %d of %d peers", there.Load(), len(s.peers)) })
	defer stop()
	patience := time.Now().Add(s.wait)
	look := time.NewTicker(lookTime)
	defer look.Stop()
	for {
		waiting := false
		if up, waiting = s.look(time.Now().After(patience)); !waiting {
			break
		}
		there.Store(int64(len(up)))
		select {
		case <-look.C:
			continue
		case <-soon.Done():
		}
		break
	}
	if err := s.interrupt.Err(); err != nil {
		return nil, nil, &failure{exitInterrupted, errors.New("interrupted")}
	}
	return up, s.missing(up), nil
}

// look returns the peers that are up, and whether others may yet be soon.
func (s *session) look(impatient bool) (up []string, waiting bool) {
	status := map[string]bilateralrpc.PeerStatus{}
	for _, p := range s.node.Peers() {
		status[p.Name] = p
	}
	if s.all && len(s.listen) > 0 {
		waiting = !impatient // somebody may come
	}
	for _, name := range s.names(status) {
		p := status[name]
		switch {
		case p.Active:
			up = append(up, name)
		case !impatient || p.Address != "" && p.Err == nil:
			waiting = true
		case p.Address == "" && !s.all: // it has to come by itself
			waiting = true
		}
	}
	return up, waiting
}

// names returns the peers of the command, those that came by themselves too if it is for all.
func (s *session) names(status map[string]bilateralrpc.PeerStatus) []string {
	var names []string
	for _, e := range s.peers {
		names = append(names, e.name)
	}
	if !s.all {
		return names
	}
	for _, name := range s.node.ActiveConnections() {
		if _, ok := s.book.find(name); !ok && status[name].Active {
			names = append(names, name)
		}
	}
	return names
}

// missing returns why peers of the command are not among those that are up.
func (s *session) missing(up []string) map[string]error {
	is := map[string]bool{}
	for _, name := range up {
		is[name] = true
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	missing := map[string]error{}
	for _, e := range s.peers {
		if is[e.name] {
			continue
		}
		if err := s.node.WaitFor(over, e.name); err != nil { // it says why
			missing[e.name] = &failure{exitNotConnected, reasonOf(s.node, e.name, err)}
		}
	}
	return missing
}

// reasonOf returns why a peer is missing, in fewer words than WaitFor has.
func reasonOf(node *bilateralrpc.Bilateral, name string, err error) error {
	for _, p := range node.Peers() {
		if p.Name == name && p.Err != nil {
			return fmt.Errorf("not connected: %w%s", p.Err, hintOf(p.Err))
		}
		if p.Name == name && p.Address != "" {
			return fmt.Errorf("not connected: no answer yet from %s: is it of this network, and does it know this node's key?", p.Address)
		}
	}
	return err
}

// hintOf says what to do about an error of a dial, where its own text does not.
func hintOf(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return ": nobody listens there; start the node, or mend the address"
	case strings.Contains(err.Error(), "not admitted"):
		return `: have the public key of --keys put into its allowed keys`
	}
	return ""
}
