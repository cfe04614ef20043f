package zmqio_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// echoHead replies with the head of the request in its own, and fails as it is told to.
func echoHead(dst []byte, r *zmqio.Request) ([]byte, error) {
	r.ReplyHead = fmt.Appendf(nil, "re %s", r.Head)
	if strings.HasPrefix(string(r.Body), "fail") {
		return nil, errors.New("failed")
	}
	return append(dst, r.Body...), nil
}

func TestHeadsGoBothWays(t *testing.T) {
	for _, keep := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			d, f, _ := node(t, zmqio.Config{Handler: echoHead})
			link := f.accept(t, "peer")
			f.meet(link, "peer", 7)
			for i, text := range []string{"value", "fail"} {
				f.frame(link, "peer", core.WITH, headed(core.CALL, uint32(i+1), "A.B", text, "pairs", 0), keep)
				synctest.Wait()
				s := f.take()
				if len(s) != 1 || s[0].command != core.WITH {
					t.Fatalf("the CALL was answered with %+v, want a BACK in a WITH", s)
				}
				ev := core.Event{Body: s[0].payload}
				if !ev.Open() || ev.Command != core.BACK || string(ev.Head) != "re pairs" {
					t.Errorf("the answer is %v with the head %q", ev.Command, ev.Head)
				}
			}
			f.frame(link, "peer", core.CALL, request(9, "A.B", "plain"), keep)
			synctest.Wait()
			if s := f.take(); len(s) != 1 || s[0].command != core.WITH {
				t.Errorf("a plain CALL was answered with %+v; its reply has a head", s)
			}

			c := d.NewCall()
			c.Method, c.Timeout, c.TellDeadline = "A.B", time.Second, true
			c.Head = append(c.Head[:0], "mine"...)
			done := make(chan error)
			go func() { done <- d.Call(t.Context(), c) }()
			synctest.Wait()
			s := f.take()
			ev := core.Event{Body: s[0].payload}
			if len(s) != 1 || s[0].command != core.WITH || !ev.Open() || string(ev.Head) != "mine" || ev.Left != 1+1000 {
				t.Fatalf("sent %+v: head %q, %d left; want mine and a second", s, ev.Head, ev.Left)
			}
			p, _, _ := core.ParsePayload(core.CALL, ev.Body)
			f.frame(link, "peer", core.WITH, headed(core.BACK, p.ID, "A.B", "reply", "yours", 0), keep)
			if err := <-done; err != nil || len(c.Outcomes) != 1 || string(c.Outcomes[0].Head) != "yours" || string(c.Outcomes[0].Body) != "reply" {
				t.Errorf("%v, outcomes %+v", err, c.Outcomes)
			}
			d.Release(c)
			if c = d.NewCall(); len(c.Head) > 0 || c.TellDeadline {
				t.Error("a new call has the head of an earlier one")
			}
			d.Release(c)
		})
	}
}

func TestPeersThatReadNoHeadsGetNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, f, _ := node(t, zmqio.Config{Handler: echoHead})
		link := f.accept(t, "old")
		f.frame(link, "old", core.CALL, request(1, "A.B", "text"), false)
		synctest.Wait()
		if s := f.take(); len(s) != 1 || s[0].command != core.BACK {
			t.Errorf("an old peer was answered with %+v, want BACK", s)
		}
		c := d.NewCall()
		defer d.Release(c)
		c.Method, c.Head = "A.B", append(c.Head[:0], "mine"...)
		if err := d.Cast(c); err != nil {
			t.Fatal(err)
		}
		if s := f.take(); len(s) != 1 || s[0].command != core.CAST {
			t.Errorf("an old peer was sent %+v, want CAST", s)
		}
	})
}

func TestHeadsBeyondTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := core.Limits{HeadBytesMax: 10}
		d, f, _ := node(t, zmqio.Config{Protocol: core.Config{Limits: limits}, Handler: echoHead})
		link := f.accept(t, "peer")
		f.meet(link, "peer", 7)
		c := d.NewCall()
		defer d.Release(c)
		c.Method, c.Timeout, c.Head = "A.B", time.Second, append(c.Head[:0], "eleven bytes"...)
		if err := d.Call(t.Context(), c); !errors.Is(err, zmqio.ErrHeadTooLarge) {
			t.Errorf("the call ended with %v, want %v", err, zmqio.ErrHeadTooLarge)
		}
		f.frame(link, "peer", core.WITH, headed(core.CALL, 1, "A.B", "text", "12345678", 0), false)
		synctest.Wait()
		s := f.take()
		if len(s) != 1 || s[0].command != core.BACK {
			t.Fatalf("sent %+v, want BACK without a head", s)
		}
		if p := parse(t, s[0]); !strings.Contains(string(p.Err), "head of the reply has 11 bytes") {
			t.Errorf("the answer is %q", p.Err)
		}
	})
}
