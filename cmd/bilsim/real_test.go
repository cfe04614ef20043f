package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/reality"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// TestMain is the process of a node, where bilsim real has started this program as one.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == realNode {
		os.Exit(dispatch(&console{in: os.Stdin, out: os.Stdout, err: os.Stderr}, os.Args[1:]))
	}
	os.Exit(m.Run())
}

const (
	meets = "bilsim 1\npeers a b\nat 0s connect a -> b\nat 3s call a -> b Echo.Ping timeout 8s as k\nexpect k from b reply\n"
	// misses expects what nobody does: the world fails it, and so do processes.
	misses  = "bilsim 1\npeers a b\nat 0s connect a -> b\nat 3s call a -> b Echo.Ping timeout 8s as k\nexpect k from b silent\n"
	steps   = "bilsim 1\npeers a b\nat 0s connect a -> b\nat 3s clock a step +5s\n"
	notReal = "bilsim 1\nreal no \"it is a story\"\npeers a b\nat 0s connect a -> b\n"
	picks   = "bilsim 1\nmodel adversarial\npeers a b\nat 0s connect a -> b\non JOIN a->b #1 drop\n"
)

func TestRealComparesProcessesWithTheWorld(t *testing.T) {
	t.Parallel() // it waits for most of its time
	names := files(t, meets, misses)
	code, out, complaint := bilsim(t, "", "real", "-scale", "1", "-jobs", "2", names[0], names[1])
	if code != exitViolation {
		t.Errorf("exit status %d, want %d: %s", code, exitViolation, complaint)
	}
	for _, want := range []string{
		"ok    " + names[0] + "  zmtp, null, 1 times faster, ", "FAIL  " + names[1],
		names[1] + ":5: expect k from b silent: it is reply", "in the world: ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not print %q:\n%s", want, out)
		}
	}
	_, out, _ = bilsim(t, "", "real", "-json", "-scale", "1", names[0])
	var line struct{ Facts map[string]string }
	if err := json.Unmarshal([]byte(out), &line); err != nil {
		t.Fatal(err)
	}
	if got := line.Facts["line 4, call k at b"]; got != "reply" {
		t.Errorf("the call came to %q, want reply: %v", got, line.Facts)
	}
}

// A run that a busy machine has spoiled says nothing: neither that the two agree, nor that they don't.
func TestRealSaysThatTheMachineWasTooBusy(t *testing.T) {
	for word, late := range map[string]time.Duration{"BUSY": time.Second, "FAIL": 0} {
		r := &realRun{file: "some.sim", transport: "zmtp", scenario: &sim.Scenario{}, result: &reality.Result{
			Missed: []reality.Miss{{Line: 7, What: "expect what did not come"}}, WorldRun: &sim.Result{}, Late: late, Tries: 3,
		}}
		var out, lines strings.Builder
		plain, machine := &realPlan{c: &console{out: &out}}, &realPlan{c: &console{out: &lines}, json: true}
		if code := plain.told(r); code != exitViolation {
			t.Errorf("%s: exit status %d, want %d", word, code, exitViolation)
		}
		busy := word == "BUSY"
		if got := out.String(); !strings.HasPrefix(got, word+"  some.sim") || !strings.Contains(got, "some.sim:7: expect what did not come") ||
			strings.Contains(got, "too busy in each of 3 tries") != busy {
			t.Errorf("it prints\n%s, want %s, and why", got, word)
		}
		machine.told(r)
		var line struct{ OK, Busy bool }
		if err := json.Unmarshal([]byte(lines.String()), &line); err != nil || line.OK || line.Busy != busy {
			t.Errorf("%s: %v, the line is %s", word, err, lines.String())
		}
	}
}

func TestRealSaysWhatItCantDo(t *testing.T) {
	for _, c := range []struct {
		text, where string
		flags       []string
		code        int
	}{
		{steps, ":4: the clock of a process can't be set: it is the machine's", nil, exitUsage},
		{notReal, ":2: it is a story", nil, exitFine},
		{picks, ":5: single messages can't be told apart where they are encrypted", []string{"-curve"}, exitFine},
	} {
		name := files(t, c.text)[0]
		code, out, complaint := bilsim(t, "", append(append([]string{"real"}, c.flags...), name)...)
		if code != c.code || !strings.Contains(out+complaint, name+c.where) {
			t.Errorf("exit status %d, want %d, with %q:\n%s%s", code, c.code, c.where, out, complaint)
		}
	}
}

func TestRealRefusesWrongUsage(t *testing.T) {
	for _, args := range [][]string{
		{"real"}, {"real", "-runs", "0", "x"}, {"real", "-scale", "-1", "x"}, {"real", "-transport", "udp", "x"},
		{"real", "-mechanism", "rot13", "x"}, {"real", "nowhere"},
	} {
		if code, _, _ := bilsim(t, "", args...); code != exitUsage {
			t.Errorf("%v: exit status %d, want %d", args, code, exitUsage)
		}
	}
	if code, _, _ := bilsim(t, "", realNode); code != exitFine {
		t.Errorf("a node that nobody tells what it is: exit status %d, want %d", code, exitFine)
	}
	if code, _, _ := bilsim(t, "rubbish\n", realNode); code != exitUsage {
		t.Errorf("a node that is told rubbish: exit status %d, want %d", code, exitUsage)
	}
}

// TestTheTableOfAgreementGoesBetweenItsMarks: the rest of the document stays.
func TestTheTableOfAgreementGoesBetweenItsMarks(t *testing.T) {
	t.Parallel()
	doc := files(t, "before\n"+agreementBegin+"old\n"+agreementEnd+"behind\n")[0]
	names := files(t, meets, notReal)
	if code, _, complaint := bilsim(t, "", "real", "-scale", "1", "-write", doc, names[0], names[1]); code != exitFine {
		t.Fatalf("exit status %d: %s", code, complaint)
	}
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"before\n" + agreementBegin, "| a | ", " 1/1 | ", "- b: it is a story", agreementEnd + "behind\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the document lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "old\n") {
		t.Error("the old table is still there")
	}
	if code, _, _ := bilsim(t, "", "real", "-write", names[0], names[1]); code != exitUsage {
		t.Errorf("a document without marks: exit status %d, want %d", code, exitUsage)
	}
}
