package faultproxy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/faultproxy"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// engines are both ends of a plaintext connection through a proxy, each a ZMTP engine.
type engines struct {
	dialler, listener *engine
	seen              chan faultproxy.Message
}

type engine struct {
	end
	conn *zmtp.Conn
	in   []byte
}

// plain returns two engines that have shaken hands.
func plain(t *testing.T) (*bench, *engines) {
	t.Helper()
	seen := make(chan faultproxy.Message, 100)
	b := newBench(t, faultproxy.Config{Plain: true, Seen: func(m faultproxy.Message) {
		m.Payload = slices.Clone(m.Payload)
		seen <- m
	}})
	dialler, listener := b.connect()
	e := &engines{
		dialler:  &engine{end: dialler, conn: zmtp.Dial(&zmtp.Config{Identity: "ann", PayloadBytesMax: 1 << 20}, nil, &zmtp.Entropy{}, 1)},
		listener: &engine{end: listener, conn: zmtp.Accept(&zmtp.Config{Identity: "bob", PayloadBytesMax: 1 << 20}, &zmtp.Entropy{}, 1)},
		seen:     seen,
	}
	e.dialler.write(string(e.dialler.conn.Start(nil)))
	e.listener.write(string(e.listener.conn.Start(nil)))
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.listener.next() // the knock
		e.listener.write(string(e.listener.conn.Admit(1, nil, true)))
	}()
	e.dialler.next() // it has risen
	<-done
	return b, e
}

// next returns what comes next to an engine.
func (e *engine) next() zmtp.Input {
	for {
		got, out, err := e.conn.Receive(1, nil, e.in)
		if err != nil {
			e.t.Fatal(err)
		}
		got.Payload = slices.Clone(got.Payload)
		e.in = e.in[got.N:]
		if len(out) > 0 {
			e.write(string(out))
		}
		if got.Kind != zmtp.None {
			return got
		}
		buffer := make([]byte, 1000)
		n, err := e.Read(buffer)
		if err != nil {
			e.t.Fatal(err)
		}
		e.in = append(e.in, buffer[:n]...)
	}
}

func (e *engine) send(messages ...string) {
	var out []byte
	for _, m := range messages {
		command, payload, _ := strings.Cut(m, " ")
		out = zmtp.AppendMessage(out, command, nil, []byte(payload))
	}
	e.write(string(out))
}

// wantMessages checks which messages arrive next.
func (e *engine) wantMessages(want ...string) {
	e.t.Helper()
	for i, w := range want {
		got := e.next()
		if text := string(got.Command.Bytes()) + " " + string(got.Payload); text != w {
			e.t.Fatalf("message %d is %q, want %q", i, text, w)
		}
	}
}

func TestMessagesAreSeen(t *testing.T) {
	t.Parallel()
	b, e := plain(t)
	e.dialler.send("JOIN net")
	e.listener.wantMessages("JOIN net")
	e.listener.send("STAY ", "WITH \x01\x00\x03back") // a head of one byte, no time left, BACK
	e.dialler.wantMessages("STAY ", "WITH \x01\x00\x03back")
	for _, want := range []faultproxy.Message{
		{Dialler: "ann", Link: 1, Direction: faultproxy.ToListener, Command: "JOIN", N: 1},
		{Dialler: "ann", Link: 1, Direction: faultproxy.ToDialler, Command: "STAY", N: 1},
		{Dialler: "ann", Link: 1, Direction: faultproxy.ToDialler, Command: "BACK", N: 1},
	} {
		got := <-e.seen
		got.Payload = nil
		if got.Dialler != want.Dialler || got.Link != want.Link || got.Direction != want.Direction || got.Command != want.Command || got.N != want.N {
			t.Errorf("%+v was seen, want %+v", got, want)
		}
	}
	if links := b.proxy.Links(); len(links) != 1 || links[0].Dialler != "ann" {
		t.Errorf("the links are %v, want ann's", links)
	}
}

func TestRulesActOnTheirMessages(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		rule faultproxy.Rule
		hits int
		want string
	}{
		{"drop the second CALL", faultproxy.Rule{Command: "CALL", Nth: 2, Action: faultproxy.Drop}, 1, "CALL 1,CAST 2,CAST 4,CALL 5,END "},
		{"drop CASTs 1 and 2", faultproxy.Rule{Command: "CAST", Nth: 1, Last: 2, Action: faultproxy.Drop}, 2, "CALL 1,CALL 3,CALL 5,END "},
		{"drop every CALL", faultproxy.Rule{Command: "CALL", Action: faultproxy.Drop}, 3, "CAST 2,CAST 4,END "},
		{"double", faultproxy.Rule{Command: "CALL", Nth: 1, Action: faultproxy.Double}, 1, "CALL 1,CALL 1,CAST 2,CALL 3,CAST 4,CALL 5,END "},
		{"reorder", faultproxy.Rule{Nth: 2, Action: faultproxy.Reorder}, 1, "CALL 1,CALL 3,CAST 2,CAST 4,CALL 5,END "},
		{"reorder every one", faultproxy.Rule{Action: faultproxy.Reorder}, 6, "CAST 2,CALL 1,CAST 4,CALL 3,END ,CALL 5"},
		{"reorder by a time", faultproxy.Rule{Nth: 1, Action: faultproxy.Reorder, For: time.Second}, 1, "CAST 2,CALL 3,CAST 4,CALL 5,END ,CALL 1"},
		{"delay", faultproxy.Rule{Nth: 1, Action: faultproxy.Delay, For: 10 * time.Millisecond}, 1, "CALL 1,CAST 2,CALL 3,CAST 4,CALL 5,END "},
		{"of another dialler", faultproxy.Rule{Dialler: "eve", Action: faultproxy.Drop}, 0, "CALL 1,CAST 2,CALL 3,CAST 4,CALL 5,END "},
		{"the other way", faultproxy.Rule{Direction: faultproxy.ToDialler, Action: faultproxy.Drop}, 0, "CALL 1,CAST 2,CALL 3,CAST 4,CALL 5,END "},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b, e := plain(t)
			rule := b.proxy.Add(test.rule)
			e.dialler.send("CALL 1", "CAST 2", "CALL 3", "CAST 4", "CALL 5", "END ")
			e.listener.wantMessages(strings.Split(test.want, ",")...)
			if rule.Hits() != test.hits {
				t.Errorf("%d messages were hit, want %d", rule.Hits(), test.hits)
			}
			rule.End()
			e.dialler.send("CALL 6")
			e.listener.wantMessages("CALL 6")
		})
	}
}

func TestThenIsCalled(t *testing.T) {
	t.Parallel()
	b, e := plain(t)
	b.proxy.Add(faultproxy.Rule{Command: "STAY", Action: faultproxy.Drop, Then: b.proxy.Reset})
	e.listener.send("STAY ")
	if _, err := e.dialler.Read(make([]byte, 1)); err == nil {
		t.Error("the connection goes on, want a reset")
	}
}

// Bytes that no end would take pass as they are.
func TestWhatIsNotUnderstoodPasses(t *testing.T) {
	t.Parallel()
	b := newBench(t, faultproxy.Config{Plain: true})
	dialler, listener := b.connect()
	dialler.write("GET / HTTP/1.1")
	listener.want("GET / HTTP/1.1")
	_, e := plain(t)
	e.dialler.write("\xff\xff\xff")
	e.listener.want("\xff\xff\xff")
}
