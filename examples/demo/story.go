package main

import (
	"context"
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

const (
	alice = iota
	bob
	carol
)

// stage is where the story plays: alice herself, and the other two processes.
type stage struct {
	*member
	company
	timeline   timeline
	bob, carol *process

	calls, replies int
	noticed, back  time.Duration
}

func story(ctx context.Context, transport string) error {
	if transports[transport] == nil {
		return fmt.Errorf("-transport %q: want zmtp or libzmq", transport)
	}
	s := &stage{company: company{Transport: transport}, timeline: timeline{began: time.Now()}}
	s.timeline.title()
	for _, act := range []func(context.Context) error{
		s.opening, s.callBothWays, s.callEverybody, s.tellEverybody, s.loseCarol, s.regainCarol, s.ending,
	} {
		if err := act(ctx); err != nil {
			s.abandon()
			return err
		}
	}
	fmt.Printf("\nok: 3 peers, %d calls with %d replies, 1 cast heard by 2; carol's death noticed after %s, carol back %s after its restart; %.1f s in all\n",
		s.calls, s.replies, milliseconds(s.noticed), milliseconds(s.back), time.Since(s.timeline.began).Seconds())
	return nil
}

// opening makes keys, starts everybody and waits until all are connected.
func (s *stage) opening(ctx context.Context) (err error) {
	for _, name := range []string{"alice", "bob", "carol"} {
		public, private, err := bilateralrpc.NewKeypair()
		if err != nil {
			return err
		}
		s.Everybody = append(s.Everybody, identity{name, public, private})
	}
	s.say("alice", "makes three pairs of CURVE keys; a node's name is its public key")
	s.member, err = s.join(alice, func(text string) { s.say("alice", text) })
	if err != nil {
		return err
	}
	s.say("alice", "listens on "+s.address())
	if s.bob, err = s.start(ctx, bob, nil); err != nil {
		return err
	}
	s.say("bob", fmt.Sprintf("listens on %s, as process %d", s.bob.address, s.bob.cmd.Process.Pid))
	if err := s.ConnectTo(s.bob.PublicKey, s.bob.address); err != nil {
		return err
	}
	s.say("alice", "connects to bob")
	if err := s.startCarol(ctx); err != nil {
		return err
	}
	s.say("alice", "is connected with both")
	return nil
}

// startCarol starts carol and waits until she and alice are connected, and she and bob.
func (s *stage) startCarol(ctx context.Context) (err error) {
	s.carol, err = s.start(ctx, carol, map[int]string{alice: s.address(), bob: s.bob.address})
	if err != nil {
		return err
	}
	s.say("carol", fmt.Sprintf("connects to alice and to bob, as process %d", s.carol.cmd.Process.Pid))
	if err := s.heard(ctx, s.carol); err != nil {
		return err
	}
	if err := s.WaitPeers(ctx, 2); err != nil {
		return fmt.Errorf("waiting for bob and carol: %w", err)
	}
	return nil
}

// callBothWays calls bob, and carol in the direction in which she connected; then
// bob, who calls alice while he is being called.
func (s *stage) callBothWays(ctx context.Context) error {
	for _, p := range []*process{s.bob, s.carol} {
		rows, took, err := s.sumDiff([]string{p.PublicKey}, Operands{186, 253})
		if err != nil {
			return err
		}
		s.say("alice", fmt.Sprintf("calls %s: %s", p.Name, s.table(rows, took)))
		s.count(rows)
	}
	var rows []row
	began := time.Now()
	err := s.Call([]string{s.bob.PublicKey}, "Node.AskBack", Question{Operands: Operands{7, 5}}, &rows, patience)
	took := time.Since(began)
	if err != nil {
		return err
	}
	if len(rows) != 1 || rows[0].Err != nil || rows[0].Reply != (Results{12, 2}) {
		return fmt.Errorf("bob, asked back, answered %+v", rows)
	}
	if err := s.heard(ctx, s.bob); err != nil {
		return err
	}
	s.say("alice", "was called by bob while calling bob: "+s.table(rows, took))
	s.count(rows)
	s.count(rows) // bob's own call
	return nil
}

// callEverybody has alice, then bob, call the two others at once.
func (s *stage) callEverybody(ctx context.Context) error {
	if err := s.multicastSaid(ctx, 2); err != nil {
		return err
	}
	if err := s.bob.tell(multicastWord); err != nil {
		return err
	}
	s.calls, s.replies = s.calls+1, s.replies+2
	return s.heard(ctx, s.bob)
}

func (s *stage) multicastSaid(ctx context.Context, peers int) error {
	rows, took, err := s.multicast(ctx, peers)
	if err != nil {
		return err
	}
	s.say("alice", "calls everybody: "+s.table(rows, took))
	s.count(rows)
	return nil
}

func (s *stage) tellEverybody(ctx context.Context) error {
	s.say("alice", "casts to everybody, and expects nothing back")
	if err := s.Cast(bilateralrpc.SendToAll, "Node.Tell", Note{Text: "the kettle is on"}); err != nil {
		return err
	}
	for _, p := range []*process{s.bob, s.carol} {
		if err := s.heard(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) loseCarol(ctx context.Context) error {
	began := time.Now()
	if err := s.carol.kill(); err != nil {
		return err
	}
	s.say("carol", "is killed by SIGKILL")
	if err := s.waitAlone(ctx); err != nil {
		return err
	}
	s.noticed = time.Since(began)
	s.say("alice", fmt.Sprintf("notices that carol is gone, %s after the signal", milliseconds(s.noticed)))
	return s.multicastSaid(ctx, 1)
}

// waitAlone waits until bob is alice's only peer.
func (s *stage) waitAlone(ctx context.Context) error {
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for s.ConnectionCount() > 1 {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("nobody noticed that carol was killed: %w", ctx.Err())
		}
	}
	if active := s.ActiveConnections(); len(active) != 1 || active[0] != s.bob.PublicKey {
		return fmt.Errorf("carol was killed, and the peers left are %v", active)
	}
	return nil
}

// regainCarol starts carol again with the same key: everybody finds her again.
func (s *stage) regainCarol(ctx context.Context) error {
	began := time.Now()
	if err := s.startCarol(ctx); err != nil {
		return err
	}
	s.back = time.Since(began)
	s.say("alice", fmt.Sprintf("has carol back, %s after her start", milliseconds(s.back)))
	return s.callEverybody(ctx)
}

// ending takes leave of everybody, in an orderly way.
func (s *stage) ending(context.Context) error {
	for _, p := range []*process{s.carol, s.bob} {
		if err := p.end(); err != nil {
			return err
		}
		s.say(p.Name, "takes leave")
	}
	s.Close()
	s.say("alice", "closes")
	return nil
}

// abandon ends whatever runs when the story goes wrong.
func (s *stage) abandon() {
	for _, p := range []*process{s.carol, s.bob} {
		if p != nil && p.cmd.ProcessState == nil {
			p.kill()
		}
	}
	if s.member != nil {
		s.Close()
	}
}

// heard waits for the next thing that p says.
func (s *stage) heard(ctx context.Context, p *process) error {
	text, err := p.next(ctx)
	if err == nil {
		s.say(p.Name, text)
	}
	return err
}

func (s *stage) say(who, text string) { s.timeline.add(who, text) }

func (s *stage) count(rows []row) {
	s.calls++
	s.replies += len(rows)
}
