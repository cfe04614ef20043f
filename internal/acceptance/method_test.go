package acceptance

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/core"
)

var (
	upper  = bilateralrpc.NewMethod[DeskArgs, DeskReply]("Desk.Upper")
	wait   = bilateralrpc.NewMethod[DeskArgs, DeskReply]("Desk.Wait")
	lower  = bilateralrpc.NewMethod[DeskArgs, DeskReply]("Desk.Lower")
	fail   = bilateralrpc.NewMethod[DeskArgs, DeskReply]("Desk.Fail")
	number = bilateralrpc.NewMethod[DeskArgs, DeskReply]("Desk.Number")
)

var patiently = bilateralrpc.WithTimeout(patience)

func lowerText(ctx context.Context, args DeskArgs) (DeskReply, error) {
	if args.Bilateral_SENDER != bilateralrpc.PeerOf(ctx) || bilateralrpc.MethodOf(ctx) != "Desk.Lower" {
		return DeskReply{}, errors.New("the context is not that of the request")
	}
	return DeskReply{strings.ToLower(args.Text)}, nil
}

// A Method calls what a receiver serves, under whatever name, and Call what a Method
// serves; one service may be served by both.
func TestMethodsAndReceiversServeEachOthersCallers(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, _ := mesh(t, tr, 2)
		if err := lower.Handle(nodes[1], lowerText); err != nil {
			t.Fatal(err)
		}
		if err := nodes[1].RegisterName("Bureau", &Desk{}); err != nil {
			t.Fatal(err)
		}
		bureau := bilateralrpc.NewMethod[*DeskArgs, *DeskReply]("Bureau.Upper")
		reply, err := upper.One(t.Context(), nodes[0], "n1", DeskArgs{Text: "Up"}, patiently)
		if err != nil || reply.Text != "UP" {
			t.Errorf("a receiver's method: %+v, %v", reply, err)
		}
		pointer, err := bureau.One(t.Context(), nodes[0], "n1", &DeskArgs{Text: "Up"}, patiently)
		if err != nil || pointer == nil || pointer.Text != "UP" {
			t.Errorf("a receiver's method under another name, by pointers: %+v, %v", pointer, err)
		}
		reply, err = lower.One(t.Context(), nodes[0], "n1", DeskArgs{Text: "Down"}, patiently)
		if err != nil || reply.Text != "down" {
			t.Errorf("a handler: %+v, %v", reply, err)
		}
		var rows []deskRow
		if err := nodes[0].Call(nil, "Desk.Lower", DeskArgs{Text: "Down"}, &rows, patience); err != nil || len(rows) != 1 || rows[0].Err != nil || rows[0].Reply.Text != "down" {
			t.Errorf("Call of a handler: %+v, %v", rows, err)
		}
	})
}

// A reply is there before the others, and is not held up by them.
func TestEachGivesRepliesAsTheyCome(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, desks := mesh(t, tr, 4)
		close(desks[1].leave)
		var from []string
		for r := range wait.Each(t.Context(), nodes[0], []string{"n3", "n9", "n1", "n2", "n1", "n0"}, DeskArgs{}, patiently) {
			if from = append(from, r.From); (r.Err != nil) != (r.From == "n9") {
				t.Errorf("%s: %v", r.From, r.Err)
			}
			switch len(from) { // the others are waiting for this one to be seen
			case 2:
				close(desks[2].leave)
			case 3:
				close(desks[3].leave)
			}
		}
		if want := []string{"n9", "n1", "n2", "n3"}; !slices.Equal(from, want) {
			t.Errorf("replies from %q, want %q", from, want)
		}
	})
}

func TestLeavingEachGivesTheRestUp(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, desks := mesh(t, tr, 4)
		waitOurs(t, nodes...)
		defer close(desks[2].leave)
		defer close(desks[3].leave)
		close(desks[1].leave)
		for r := range wait.Each(t.Context(), nodes[0], bilateralrpc.SendToAll, DeskArgs{}, patiently) {
			if r.From != "n1" || r.Err != nil {
				t.Errorf("the first reply is %+v, want that of n1", r)
			}
			break
		}
		if s := nodes[0].Stats(); s.CallsPending != 0 || s.FramesOut.Void != 2 {
			t.Errorf("%d calls and %d VOIDs, want none, and one for each peer that has not answered", s.CallsPending, s.FramesOut.Void)
		}
	})
}

func TestEachThatCanNotBeMadeSaysSoOnce(t *testing.T) {
	nodes, _ := mesh(t, overMemory, 2)
	expired, cancel := context.WithCancel(t.Context())
	cancel()
	big := DeskArgs{Text: strings.Repeat("x", 5<<20)}
	var nilNode *bilateralrpc.Bilateral
	for what, c := range map[string]struct {
		ctx    context.Context
		method bilateralrpc.Method[DeskArgs, DeskReply]
		node   *bilateralrpc.Bilateral
		args   DeskArgs
		want   error
	}{
		"cancelled": {expired, upper, nodes[0], DeskArgs{}, context.Canceled},
		"large":     {t.Context(), upper, nodes[0], big, bilateralrpc.ErrTooLarge},
		"no name":   {t.Context(), bilateralrpc.Method[DeskArgs, DeskReply]{}, nodes[0], DeskArgs{}, bilateralrpc.ErrBadMethod},
		"bad name":  {t.Context(), bilateralrpc.NewMethod[DeskArgs, DeskReply]("upper"), nodes[0], DeskArgs{}, bilateralrpc.ErrBadMethod},
		"no node":   {t.Context(), upper, nilNode, DeskArgs{}, nil},
	} {
		var got []bilateralrpc.Reply[DeskReply]
		for r := range c.method.Each(c.ctx, c.node, nil, c.args, patiently) {
			got = append(got, r)
		}
		if len(got) != 1 || got[0].From != "" || got[0].Err == nil || c.want != nil && !errors.Is(got[0].Err, c.want) {
			t.Errorf("%s: replies %+v, want one from nobody with %v", what, got, c.want)
		}
		_, one := c.method.One(c.ctx, c.node, "n1", c.args, patiently)
		_, all := c.method.All(c.ctx, c.node, nil, c.args, patiently)
		_, first := c.method.First(c.ctx, c.node, nil, c.args, patiently)
		for i, err := range []error{one, all, first, c.method.Cast(c.ctx, c.node, nil, c.args)} {
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%s: call %d ends with %v, want %v", what, i, err, c.want)
			}
		}
	}
	if _, err := upper.One(t.Context(), nodes[0], "n0", DeskArgs{}, patiently); !errors.Is(err, bilateralrpc.ErrOwnName) {
		t.Errorf("a call of the node itself: %v", err)
	}
	if _, err := upper.All(t.Context(), nodes[0], nil, DeskArgs{}, patiently, patiently); !errors.Is(err, bilateralrpc.ErrTwoTimeouts) {
		t.Errorf("two timeouts: %v", err)
	}
	if err := upper.Handle(nodes[1], lowerText); err == nil || !strings.Contains(err.Error(), "served already") {
		t.Errorf("a handler of a receiver's method: %v", err)
	}
	if err := lower.Handle(nodes[1], nil); !errors.Is(err, bilateralrpc.ErrBadMethod) {
		t.Errorf("a nil handler: %v", err)
	}
}

func TestAllHasAReplyOfEachPeer(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, desks := mesh(t, tr, 3)
		all, err := upper.All(t.Context(), nodes[0], []string{"n1", "n2", "n9"}, DeskArgs{Text: "x"}, patiently)
		if err != nil || len(all) != 3 {
			t.Fatalf("%+v, %v, want 3 replies", all, err)
		}
		for _, r := range all {
			if r.From == "n9" != errors.Is(r.Err, bilateralrpc.ErrNotConnected) || r.From != "n9" && r.Value.Text != "X" {
				t.Errorf("%+v", r)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer close(desks[2].leave)
		close(desks[1].leave)
		go func() {
			<-desks[2].enter
			eventually(t, "the reply of n1", func() bool { return nodes[0].Stats().FramesIn.Back == 3 })
			cancel()
		}()
		all, err = wait.All(ctx, nodes[0], nil, DeskArgs{}, patiently)
		if !errors.Is(err, context.Canceled) || len(all) != 2 || all[0].Err != nil || all[0].From != "n1" ||
			!errors.Is(all[1].Err, bilateralrpc.ErrNoReply) || !errors.Is(all[1].Err, context.Canceled) {
			t.Errorf("cancelled: %+v, %v, want the reply of n1, none of n2, and the context's error", all, err)
		}
	})
}

func TestFirstIsTheFirstWithoutAnError(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, desks := mesh(t, tr, 3)
		waitOurs(t, nodes...)
		defer close(desks[1].leave)
		close(desks[2].leave)
		r, err := wait.First(t.Context(), nodes[0], []string{"n9", "n1", "n2"}, DeskArgs{}, patiently)
		if err != nil || r.From != "n2" || r.Value.Text != "waited" || r.Err != nil {
			t.Errorf("%+v, %v, want the reply of n2", r, err)
		}
		if s := nodes[0].Stats(); s.CallsPending != 0 || s.FramesOut.Void != 1 {
			t.Errorf("%d calls, %d VOIDs, want the call of n1 given up", s.CallsPending, s.FramesOut.Void)
		}
		_, err = fail.First(t.Context(), nodes[0], []string{"n9", "n1", "n2"}, DeskArgs{}, patiently)
		var quorum *bilateralrpc.QuorumError
		if !errors.As(err, &quorum) || len(quorum.Failed) != 3 || !errors.Is(err, bilateralrpc.ErrQuorum) || !errors.Is(err, bilateralrpc.ErrNotConnected) ||
			!strings.Contains(err.Error(), "n1: the desk is closed") || !strings.Contains(err.Error(), "n9: bilateralrpc: the peer is not connected") {
			t.Errorf("all fail: %v, want what each of them said", err)
		}
		_, err = number.First(t.Context(), nodes[0], []string{"n1"}, DeskArgs{}, patiently)
		if !errors.Is(err, bilateralrpc.ErrBadReply) {
			t.Errorf("a reply of another type: %v, want ErrBadReply", err)
		}
	})
}

func TestAQuorumEndsAsSoonAsItIsDecided(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, desks := mesh(t, tr, 5)
		defer close(desks[3].leave)
		defer close(desks[4].leave)
		close(desks[1].leave)
		close(desks[2].leave)
		replies, err := wait.Quorum(t.Context(), nodes[0], nil, 2, DeskArgs{}, patiently)
		if err != nil || len(replies) != 2 || replies[0].From == replies[1].From {
			t.Errorf("2 of 4: %+v, %v", replies, err)
		}
		var quorum *bilateralrpc.QuorumError
		// Two are not there: with n3 and n4 that never answer it could still be 4, but not 5.
		to := []string{"n1", "n2", "n3", "n4", "n8", "n9"}
		_, err = wait.Quorum(t.Context(), nodes[0], to, 5, DeskArgs{}, patiently)
		if !errors.As(err, &quorum) || quorum.Want != 5 || len(quorum.Failed) != 2 || quorum.Waiting != 4 || len(quorum.Replied) != 0 {
			t.Errorf("5 of 4: %v (%+v), want an error at once", err, quorum)
		}
		_, err = upper.Quorum(t.Context(), nodes[0], []string{"n1", "n9", "n9"}, 2, DeskArgs{}, patiently)
		if !errors.Is(err, bilateralrpc.ErrQuorum) {
			t.Errorf("2 of 2, one of which is not there: %v", err)
		}
		for _, n := range []int{-1, 0, 3} {
			if _, err = upper.Quorum(t.Context(), nodes[0], []string{"n1", "n2"}, n, DeskArgs{}, patiently); !errors.Is(err, bilateralrpc.ErrQuorum) {
				t.Errorf("%d of 2: %v, want ErrQuorum", n, err)
			}
		}
		if s := nodes[0].Stats(); s.CallsPending != 0 {
			t.Errorf("%d calls are left", s.CallsPending)
		}
	})
}

func TestATypedCastArrives(t *testing.T) {
	nodes, _ := mesh(t, overMemory, 3)
	got := make(chan string, 2)
	mark := bilateralrpc.NewMethod[DeskArgs, struct{}]("Marks.Mark")
	for _, n := range nodes[1:] {
		if err := mark.Handle(n, func(ctx context.Context, args DeskArgs) (struct{}, error) {
			got <- bilateralrpc.PeerOf(ctx) + " " + args.Text
			return struct{}{}, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := mark.Cast(t.Context(), nodes[0], nil, DeskArgs{Text: "x"}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if text := await(t, "a cast", got); text != "n0 x" {
			t.Errorf("got %q", text)
		}
	}
	if _, err := mark.One(t.Context(), nodes[0], "n1", DeskArgs{}, patiently); err != nil {
		t.Errorf("a reply without fields: %v", err)
	}
}

// A call that has a deadline says so where nobody answers.
func TestACallWithoutAReplySaysWhy(t *testing.T) {
	nodes, desks := mesh(t, overMemory, 2)
	defer close(desks[1].leave)
	ctx := expiring{Context: t.Context(), expired: make(chan struct{})}
	go func() {
		<-desks[1].enter
		close(ctx.expired)
	}()
	_, err := wait.One(ctx, nodes[0], "n1", DeskArgs{})
	if !errors.Is(err, bilateralrpc.ErrNoReply) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "Desk.Wait at n1") {
		t.Errorf("past its deadline a call ends with %v", err)
	}
	_, err = wait.One(t.Context(), nodes[0], "n1", DeskArgs{}, bilateralrpc.WithTimeout(bilateralrpc.MINIMUM_CALL_TIMEOUT))
	if !errors.Is(err, bilateralrpc.ErrNoReply) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("past its timeout a call ends with %v", err)
	}
}

// A peer of the original's kind takes part like the others, and calls what a Method serves.
func TestMethodsWithAnOldPeer(t *testing.T) {
	eachStage(t, bilateralrpc.Timing{}, func(s *stage) {
		l := s.join()
		if err := lower.Handle(s.node, lowerText); err != nil {
			s.t.Fatal(err)
		}
		args := bytes.Buffer{}
		if err := gob.NewEncoder(&args).Encode(struct{ Text string }{"Down"}); err != nil {
			s.t.Fatal(err)
		}
		l.say("CALL", append(core.AppendPayload(nil, &core.Action{Command: core.CALL, ID: 7, Method: []byte("Desk.Lower")}), args.Bytes()...))
		p, _, _ := core.ParsePayload(core.BACK, l.want("BACK"))
		var reply struct{ Text string }
		if err := gob.NewDecoder(bytes.NewReader(p.Rest)).Decode(&reply); p.ID != 7 || len(p.Err) > 0 || err != nil || reply.Text != "down" {
			s.t.Errorf("the old peer hears %+v: %q, %v", p, reply.Text, err)
		}

		done := make(chan struct{})
		go func() {
			defer close(done)
			all, err := upper.All(s.t.Context(), s.node, []string{s.old, "nobody"}, DeskArgs{Text: "up"}, patiently)
			if err != nil || len(all) != 2 || all[0].From != "nobody" || all[1].From != s.old || all[1].Err != nil || all[1].Value.Text != "UP" {
				s.t.Errorf("%+v, %v, want the reply of %s", all, err, s.old)
			}
		}()
		p, _, _ = core.ParsePayload(core.CALL, l.want("CALL"))
		value := bytes.Buffer{}
		if err := gob.NewEncoder(&value).Encode(struct{ Text string }{"UP"}); err != nil {
			s.t.Fatal(err)
		}
		l.say("BACK", append(core.AppendPayload(nil, &core.Action{Command: core.BACK, ID: p.ID, Method: p.Method}), value.Bytes()...))
		<-done
	})
}
