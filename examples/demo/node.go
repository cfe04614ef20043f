package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/zmqio/libzmq"
)

// identity is one of the three. On the network its public key is its name.
type identity struct {
	Name, PublicKey, PrivateKey string
}

// company is what the three have in common.
type company struct {
	Transport string // a key of transports
	Everybody []identity
}

// member is a node with its service, in whichever process it lives.
type member struct {
	*bilateralrpc.Bilateral
	names map[string]string // of public keys
	say   func(text string)
}

// Operands and Results are arguments and reply of Node.SumDiff.
type (
	Operands struct{ A, B int }
	Results  struct{ Sum, Difference int }
)

// Question is what Node.AskBack is asked. The node that receives it fills in
// Bilateral_SENDER with the authenticated name of who sent it.
type Question struct {
	Operands
	Bilateral_SENDER string
}

// Note is what Node.Tell is told.
type Note struct {
	Text             string
	Bilateral_SENDER string
}

// Node is the service that each of the three registers.
type Node struct{ *member }

// SumDiff replies with the sum and the difference of its operands.
func (n Node) SumDiff(args Operands, reply *Results) error {
	*reply = Results{args.A + args.B, args.A - args.B}
	return nil
}

// AskBack does not know; it asks the one who asked, by SumDiff, on the same connection.
func (n Node) AskBack(args Question, reply *Results) error {
	rows, took, err := n.sumDiff([]string{args.Bilateral_SENDER}, args.Operands)
	if err != nil {
		return err
	}
	if len(rows) != 1 || rows[0].Err != nil {
		return fmt.Errorf("asking back gave %+v", rows)
	}
	*reply = rows[0].Reply
	n.say(fmt.Sprintf("was asked by %s, and asks back on the same connection: %s", n.names[args.Bilateral_SENDER], n.table(rows, took)))
	return nil
}

// Tell says what it was told. Nothing goes back after a cast.
func (n Node) Tell(args Note, _ *struct{}) error {
	n.say(fmt.Sprintf("hears %q from %s", args.Text, n.names[args.Bilateral_SENDER]))
	return nil
}

// row is one peer's answer to a call.
type row struct {
	From  string
	Reply Results
	Err   error
}

// transports are what the flag -transport can say.
var transports = map[string]bilateralrpc.Transport{"zmtp": bilateralrpc.ZMTP, "libzmq": libzmq.Transport}

// join makes the node of number self, and listens on a free port.
func (c company) join(self int, say func(string)) (*member, error) {
	b, err := bilateralrpc.New(bilateralrpc.Config{
		Network:    "demo",
		PublicKey:  c.Everybody[self].PublicKey,
		PrivateKey: c.Everybody[self].PrivateKey,
		// Only the three may come in.
		AllowedKeys: c.keys(),
		Transport:   transports[c.Transport],
	})
	if err != nil {
		return nil, err
	}
	m := &member{Bilateral: b, names: map[string]string{}, say: say}
	for _, i := range c.Everybody {
		m.names[i.PublicKey] = i.Name
	}
	if err := b.Register(Node{m}); err != nil {
		return nil, err
	}
	return m, b.ListenOn("tcp://127.0.0.1:*")
}

func (c company) keys() []string {
	var keys []string
	for _, i := range c.Everybody {
		keys = append(keys, i.PublicKey)
	}
	return keys
}

func (m *member) address() string { return m.ListenAddresses()[0] }

// sumDiff calls Node.SumDiff at the peers of to, or at all, checks the replies
// and says how long it took.
func (m *member) sumDiff(to []string, args Operands) ([]row, time.Duration, error) {
	var rows []row
	began := time.Now()
	if err := m.Call(to, "Node.SumDiff", args, &rows, patience); err != nil {
		return nil, 0, err
	}
	took := time.Since(began)
	for _, r := range rows {
		if r.Err != nil {
			return nil, 0, fmt.Errorf("%s answered: %w", m.names[r.From], r.Err)
		}
		if want := (Results{args.A + args.B, args.A - args.B}); r.Reply != want {
			return nil, 0, fmt.Errorf("%s answered %+v, want %+v", m.names[r.From], r.Reply, want)
		}
	}
	return rows, took, nil
}

// multicast calls SumDiff at every peer, once there are peers of them.
func (m *member) multicast(ctx context.Context, peers int) (rows []row, took time.Duration, err error) {
	if err := m.WaitPeers(ctx, peers); err != nil {
		return nil, 0, fmt.Errorf("waiting for %d peers: %w", peers, err)
	}
	rows, took, err = m.sumDiff(bilateralrpc.SendToAll, Operands{1000, 1})
	if err == nil && len(rows) != peers {
		err = fmt.Errorf("%d peers answered a multicast, want %d", len(rows), peers)
	}
	return rows, took, err
}

// table shows the replies of a call in one line.
func (m *member) table(rows []row, took time.Duration) string {
	var cells []string
	for _, r := range rows {
		cells = append(cells, fmt.Sprintf("%s says %d and %d", m.names[r.From], r.Reply.Sum, r.Reply.Difference))
	}
	slices.Sort(cells)
	return fmt.Sprintf("%s (%s)", strings.Join(cells, ", "), milliseconds(took))
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
