package main

import (
	"context"

	"github.com/bitmark-inc/bilateralrpc"
)

// keys are a node's pair; the public one is its name.
type keys struct{ public, private string }

// stage holds all the nodes of the story. Only it knows the replicas by people's names.
type stage struct {
	front    *Front
	address  string // of the front
	keys     map[string]keys
	replicas map[string]*Replica // those that run
}

func newStage(ctx context.Context, names ...string) (*stage, error) {
	s := &stage{front: &Front{}, keys: map[string]keys{}, replicas: map[string]*Replica{}}
	for _, name := range names {
		public, private, err := bilateralrpc.NewKeypair()
		if err != nil {
			return nil, err
		}
		s.keys[name] = keys{public, private}
		s.front.replicas = append(s.front.replicas, public)
	}
	if err := s.startFront(); err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := s.start(ctx, name); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

// startFront makes the node that listens. Only the replicas may come in.
func (s *stage) startFront() error {
	public, private, err := bilateralrpc.NewKeypair()
	if err != nil {
		return err
	}
	node, err := bilateralrpc.New(bilateralrpc.Config{
		Network: "quorumstore", PublicKey: public, PrivateKey: private, AllowedKeys: s.front.replicas,
	})
	if err != nil {
		return err
	}
	if err = node.ListenOn("tcp://127.0.0.1:*"); err != nil {
		node.Close()
		return err
	}
	s.front.node, s.front.name, s.address = node, public, node.ListenAddresses()[0]
	return nil
}

// start starts the replica called name, empty, and waits until the front can call it.
func (s *stage) start(ctx context.Context, name string) error {
	r, err := newReplica(s.keys[name], s.front.name, s.address)
	if err != nil {
		return err
	}
	s.replicas[name] = r
	return s.front.node.WaitFor(ctx, s.keys[name].public)
}

// leave closes a replica, which loses what it had, and waits until the front knows. A loop
// over Watch begins with the peers that are up, so the close can't be missed. (One that is
// killed is missed as well: see examples/demo.)
func (s *stage) leave(ctx context.Context, name string) error {
	for e := range s.front.node.Watch(ctx) {
		switch {
		case e.Name != s.keys[name].public:
		case e.Kind == bilateralrpc.PeerUp:
			s.replicas[name].node.Close()
			delete(s.replicas, name)
		case e.Kind == bilateralrpc.PeerDown:
			return nil
		}
	}
	return ctx.Err()
}

// ask asks one replica what it has.
func (s *stage) ask(ctx context.Context, name, key string) (Value, error) {
	return get.One(ctx, s.front.node, s.keys[name].public, Key{key})
}

func (s *stage) close() {
	for _, r := range s.replicas {
		r.node.Close()
	}
	s.front.node.Close()
}
