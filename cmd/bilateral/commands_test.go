package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Every command on three nodes, as people read it. Carol does not tell its methods: it is
// called as the others.
func TestCommandsInText(t *testing.T) {
	eachLive(t, func(t *testing.T, l *live) {
		l.run("call", "alice", "Test.SumDiff", `{"A":5,"B":2}`).want(t, 0, "{\n  \"Sum\": 7,\n  \"Diff\": 3\n}\n")
		c := l.run("call", "all", "Test.SumDiff", `{"A":5,"B":2}`)
		if got, want := sorted(c.out.String()), "alice\t{\"Sum\":7,\"Diff\":3}\nbob\t{\"Sum\":7,\"Diff\":3}\ncarol\t{\"Sum\":7,\"Diff\":3}\n"; c.code != 0 || got != want {
			t.Errorf("call all: exit code %d, %s%s", c.code, got, &c.err)
		}
		l.run("call", "bob", "Test.Tree", `{"Value":1,"Kids":[{"Value":5}]}`).want(t, 0, `{
  "Value": 2,
  "Kids": [
    {
      "Value": 1,
      "Kids": [
        {
          "Value": 5,
          "Kids": []
        }
      ]
    }
  ]
}
`)
		l.run("methods", "alice").want(t, 0, `Test.Cast
  takes   struct{ A int; B int }
  returns struct{ Unused bool }
  call    bilateral call alice Test.Cast '{"A": 0, "B": 0}'
Test.Stick
  takes   struct{ Unused bool }
  returns struct{ Unused bool }
  call    bilateral call alice Test.Stick '{"Unused": false}'
Test.SumDiff
  takes   struct{ A int; B int }
  returns struct{ Sum int; Diff int }
  call    bilateral call alice Test.SumDiff '{"A": 0, "B": 0}'
Test.Tree
  takes   main.tree struct{ Value int; Kids []*main.tree }
  returns main.tree struct{ Value int; Kids []*main.tree }
  call    bilateral call alice Test.Tree '{"Value": 0, "Kids": []}'
`)
		l.run("ping", "bob", "--count", "2", "--interval", "1ms").want(t, 0, "bob answers after 0s\nbob answers after 0s\n")
		c = l.run("cast", "alice,bob", "Test.Cast", `{"A":1,"B":2}`)
		if got := sorted(c.out.String()); c.code != 0 || got != "alice: sent\nbob: sent\n" {
			t.Errorf("cast: exit code %d, %s%s", c.code, got, &c.err)
		}
		got := []string{<-l.casts, <-l.casts}
		if slices.Sort(got); !slices.Equal(got, []string{"alice{1 2}", "bob{1 2}"}) {
			t.Errorf("arrived are %v", got)
		}
		c = l.run("peers")
		fields := strings.Fields(steady(c.out.String()))
		want := strings.Fields("PEER ADDRESS STATE SPEAKS alice tcp://HOST active extensions bob tcp://HOST active extensions carol tcp://HOST active extensions")
		if c.code != 0 || len(fields) != len(want) {
			t.Errorf("peers: exit code %d, %s%s", c.code, &c.out, &c.err)
		}
		c = l.run("bench", "alice", "Test.SumDiff", `{"A":1}`, "--duration", "20ms", "--callers", "2")
		if c.code != 0 || !strings.Contains(c.out.String(), "alice: ") || !strings.Contains(c.out.String(), "a second, median") {
			t.Errorf("bench: exit code %d, %s%s", c.code, &c.out, &c.err)
		}
	})
}

// The lines of JSON that programs read. They have the whole name of a peer.
func TestCommandsInJSON(t *testing.T) {
	eachLive(t, func(t *testing.T, l *live) {
		for _, c := range []struct {
			args string
			code int
			want string
		}{
			{"call all Test.SumDiff {\"A\":5,\"B\":2}", 0, `{"peer":"alice","alias":"alice","ms":0,"reply":{"Sum":7,"Diff":3}}
{"peer":"bob","alias":"bob","ms":0,"reply":{"Sum":7,"Diff":3}}
{"peer":"carol","alias":"carol","ms":0,"reply":{"Sum":7,"Diff":3}}
`},
			{"call bob Test.SumDiff {\"A\":7}", 1, `{"peer":"bob","alias":"bob","error":{"kind":"failed","code":"seven","text":"not \u001b[31m7\u001b[0m"}}
`},
			{"call bob Test.SumDif", 5, `{"peer":"bob","alias":"bob","error":{"kind":"no-method","text":"no such method Test.SumDif: do you mean Test.SumDiff?"}}
`},
			{"methods carol", 5, `{"peer":"carol","alias":"carol","error":{"kind":"no-method","text":"it does not tell its methods: set Config.ListMethods there, or let its interceptors allow it; nodes of the original package can't"}}
`},
			{"methods bob", 0, `{"peer":"bob","alias":"bob","method":"Test.Cast","args":"struct{ A int; B int }","reply":"struct{ Unused bool }","example":{"A":0,"B":0}}
{"peer":"bob","alias":"bob","method":"Test.Stick","args":"struct{ Unused bool }","reply":"struct{ Unused bool }","example":{"Unused":false}}
{"peer":"bob","alias":"bob","method":"Test.SumDiff","args":"struct{ A int; B int }","reply":"struct{ Sum int; Diff int }","example":{"A":0,"B":0}}
{"peer":"bob","alias":"bob","method":"Test.Tree","args":"main.tree struct{ Value int; Kids []*main.tree }","reply":"main.tree struct{ Value int; Kids []*main.tree }","example":{"Value":0,"Kids":[]}}
`},
			{"ping alice", 0, `{"peer":"alice","alias":"alice","round":1,"ms":0,"ours":true}
`},
			{"peers alice", 0, `{"peer":"alice","alias":"alice","active":true,"address":"tcp://HOST","ours":true}
`},
			{"cast alice Test.Cast", 0, `{"peer":"alice","alias":"alice","sent":true}
`},
			{"bench carol --duration 20ms", 0, `{"peer":"carol","alias":"carol","ms":0,"reply":{"calls":0,"failed":0,"per_second":0,"median_ms":0,"p99_ms":0,"worst_ms":0}}
`},
		} {
			run := l.run(append([]string{"-o", "json"}, strings.Fields(c.args)...)...)
			for line := range strings.Lines(run.out.String()) {
				if !json.Valid([]byte(line)) {
					t.Errorf("%s: no JSON: %s", c.args, line)
				}
			}
			if got := sorted(steady(l.names(run.out.String()))); got != c.want || run.code != c.code {
				t.Errorf("%s: exit code %d, want %d; written is\n%swant\n%s(errors: %s)", c.args, run.code, c.code, got, c.want, &run.err)
			}
		}
	})
}

// A reply is shown when it comes, and not when all have come.
func TestRepliesAreShownAsTheyCome(t *testing.T) {
	l := newLive(t, false)
	c := new(command)
	over := c.start(append(l.flags, "call", "all", "Test.Stick")...)
	for range nodeNames {
		<-l.running
	}
	l.stuck <- struct{}{} // lets one of them go
	c.out.wait(t, "\t{\"Unused\":false}\n")
	select {
	case <-over:
		t.Fatal("the command is over, and two peers have not answered")
	default:
	}
	close(l.stuck)
	<-over
	if got := strings.Count(c.out.String(), "{\"Unused\":false}\n"); got != 3 || c.code != 0 {
		t.Errorf("exit code %d, %d replies: %s", c.code, got, &c.err)
	}
}

// What takes long is shown on a terminal while it does, and nothing of it is left there.
func TestProgressIsShownAndTakenAway(t *testing.T) {
	l := newLive(t, false)
	c := new(command)
	over := c.start(append(l.flags, "call", "all", "Test.Stick")...)
	c.tty.wait(t, "0 of 3 peers have answered")
	close(l.stuck)
	<-over
	interrupted := stickInterrupted(t)
	for _, c := range []*command{c, interrupted} {
		if got := c.tty.String(); !strings.HasSuffix(got, " \r") {
			t.Errorf("on the terminal is %q", got)
		}
	}
	if strings.Contains(c.out.String(), "\r") || strings.Contains(c.err.String(), "\r") {
		t.Errorf("progress is in the output: %q %q", &c.out, &c.err)
	}
}

// stickInterrupted returns a call that was interrupted while its progress was shown.
func stickInterrupted(t *testing.T) *command {
	t.Helper()
	l := newLive(t, false)
	ctx, interrupt := context.WithCancel(context.Background())
	c := &command{ctx: ctx}
	over := c.start(append(l.flags, "call", "all", "Test.Stick")...)
	c.tty.wait(t, "0 of 3 peers have answered")
	interrupt()
	<-over
	return c
}

// Ctrl-C gives a call up at the peer too.
func TestCtrlCEndsACall(t *testing.T) {
	eachLive(t, func(t *testing.T, l *live) {
		ctx, interrupt := context.WithCancel(context.Background())
		c := &command{ctx: ctx}
		over := c.start(append(l.flags, "call", "alice", "Test.Stick")...)
		<-l.running
		interrupt()
		<-over
		if c.code != exitInterrupted || c.out.String() != "" || strings.Count(c.err.String(), "\n") != 1 {
			t.Errorf("exit code %d, output %q, errors %q", c.code, &c.out, &c.err)
		}
		if err := <-l.gone; err == nil {
			t.Error("the handler's context has ended without a cause")
		}
	})
}

func TestCtrlCEndsWatchAndServe(t *testing.T) {
	l := newLive(t, true)
	ctx, interrupt := context.WithCancel(context.Background())
	watch := &command{ctx: ctx}
	over := watch.start(append(l.flags, "watch", "alice")...)
	watch.out.wait(t, "up alice")
	served := &command{ctx: ctx}
	servedOver := served.start("serve", "echo", "-o", "json")
	served.out.wait(t, "\n")
	interrupt()
	<-over
	<-servedOver
	if watch.code != 0 || served.code != 0 {
		t.Errorf("exit codes %d of watch, %d of serve", watch.code, served.code)
	}
	var r ready
	if err := json.Unmarshal([]byte(served.out.String()), &r); err != nil || r.Name == "" || len(r.Addresses) != 1 {
		t.Errorf("serve has written %q: %v", &served.out, err)
	}
}

// Watch tells of what happens while it runs, in lines of JSON.
func TestWatchTellsOfAPeerThatLeaves(t *testing.T) {
	eachLive(t, func(t *testing.T, l *live) {
		ctx, interrupt := context.WithCancel(context.Background())
		defer interrupt()
		c := &command{ctx: ctx}
		over := c.start(append(l.flags, "-o", "json", "watch", "bob")...)
		c.out.wait(t, `"event":"up"`)
		l.nodes["bob"].Close()
		c.out.wait(t, `"event":"down"`)
		interrupt()
		<-over
		lines := strings.Split(steady(l.names(c.out.String())), "\n")
		if want := `{"time":0,"event":"up","peer":"bob","alias":"bob","address":"tcp://HOST"}`; lines[0] != want {
			t.Errorf("the first line is %s, want %s", lines[0], want)
		}
		if !strings.HasPrefix(lines[1], `{"time":0,"event":"down","peer":"bob","alias":"bob","address":"tcp://HOST","cause":"`) {
			t.Errorf("the second line is %s", lines[1])
		}
	})
}

// A peer that is away does not hold up those that are there, however long the timeout.
func TestCallAllWithoutOne(t *testing.T) {
	l := newLive(t, false)
	l.nodes["bob"].Close()
	c := l.run("--timeout", "1h", "call", "all", "Test.SumDiff", `{"A":1}`)
	if got := sorted(c.out.String()); c.code != exitNotConnected || got != "alice\t{\"Sum\":1,\"Diff\":1}\ncarol\t{\"Sum\":1,\"Diff\":1}\n" || !strings.Contains(c.err.String(), "bob: not connected") {
		t.Errorf("exit code %d, %s%s", c.code, got, &c.err)
	}
}

// Arguments may come from standard input.
func TestArgumentsFromStandardInput(t *testing.T) {
	l := newLive(t, false)
	c := &command{in: `{"A":3,"B":1}`}
	c.run(append(l.flags, "-o", "json", "call", "alice", "Test.SumDiff", "-")...)
	c.want(t, 0, fmt.Sprintln(`{"peer":"alice","alias":"alice","ms":0,"reply":{"Sum":4,"Diff":2}}`))
}
