package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
)

// Each exit code, with what to do next in the error.
func TestExitCodes(t *testing.T) {
	l := newLive(t, true)
	defer close(l.stuck)
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken")
	if err := os.WriteFile(broken, []byte("alice\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stranger := filepath.Join(dir, "stranger.keys")
	new(command).run("keygen", stranger)
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"help", []string{"help"}, 0, ""},
		{"unknown command", []string{"cal"}, 2, "bilateral help"},
		{"unknown flag", []string{"call", "--lout"}, 2, "--lout"},
		{"few arguments", []string{"call", "alice"}, 2, "arg(s)"},
		{"output", []string{"-o", "xml", "peers"}, 2, "want text or json"},
		{"no such peer", []string{"ping", "alcie"}, 2, `do you mean "alice"?`},
		{"no peers", []string{"--peers", "", "ping", "all"}, 2, "--connect NAME,ADDRESS"},
		{"bad connect", []string{"-c", "alice", "ping", "all"}, 2, "want NAME,ADDRESS"},
		{"bad address", []string{"-c", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7,nowhere", "ping", "all"}, 2, "bad address"},
		{"bad peers", []string{"--peers", broken, "ping", "all"}, 2, "line 1: want NAME ADDRESS"},
		{"no peers file", []string{"--peers", filepath.Join(dir, "none"), "ping", "all"}, 2, "no such file"},
		{"no keys", []string{"--keys", filepath.Join(dir, "none"), "ping", "all"}, 2, "bilateral keygen"},
		{"bad keys", []string{"--keys", broken, "ping", "all"}, 2, "no file of keys"},
		{"no method", []string{"call", "alice", "SumDiff"}, 2, "Service.Method"},
		{"no JSON", []string{"call", "alice", "Test.SumDiff", "{A:1}"}, 2, "no JSON"},
		{"bad field", []string{"call", "all", "Test.SumDiff", `{"a":1}`}, 2, `do you mean "A"?`},
		{"bench", []string{"bench", "alice", "--callers", "0"}, 2, "--callers"},
		{"serve", []string{"serve"}, 2, "serve echo"},
		{"handler's error", []string{"call", "all", "Test.SumDiff", `{"A":7}`}, 1, "not \ufffd[31m7\ufffd[0m"},
		{"not allowed", []string{"--keys", stranger, "ping", "alice"}, 3, "alice: not connected"},
		{"another network", []string{"--network", "other", "ping", "alice"}, 3, "network"},
		{"nobody", []string{"-c", "stranger,tcp://127.0.0.1:1", "--keys", "", "--peers", "", "ping", "all"}, 3, "connection refused"},
		{"nobody but oneself", []string{"-c", "me,tcp://127.0.0.1:1", "--keys", "", "--peers", "", "--name", "me", "ping", "all"}, 3, "nobody is connected"},
		{"oneself", []string{"-c", "me,tcp://127.0.0.1:1", "--keys", "", "--peers", "", "--name", "me", "ping", "me"}, 2, "connect to itself"},
		{"no such method", []string{"call", "all", "Test.SumDif"}, 5, "do you mean Test.SumDiff?"},
		{"not told", []string{"call", "carol", "Test.SumDiff"}, 5, "Config.ListMethods"},
		{"no reply", []string{"--timeout", "3s", "call", "alice", "Test.Stick"}, 4, "no reply in time"},
	} {
		run := l.run(c.args...)
		if run.code != c.code || !strings.Contains(run.err.String(), c.says) {
			t.Errorf("%s: exit code %d, want %d; errors %q, want %q", c.name, run.code, c.code, &run.err, c.says)
		}
	}
}

// What the documentation and the help say of exit codes is so.
func TestTheExitCodesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/COMMAND.md")
	if err != nil {
		t.Fatal(err)
	}
	for code, kind := range map[int]string{0: "", exitFailed: "failed", exitUsage: "usage", exitNotConnected: "not-connected", exitNoReply: "no-reply", exitNoMethod: "no-method", exitInterrupted: "interrupted"} {
		if kinds[code] != kind {
			t.Errorf("code %d is %q, want %q", code, kinds[code], kind)
		}
		row := fmt.Sprintf("| %d | `%s` |", code, kind)
		if kind == "" {
			row = fmt.Sprintf("| %d | |", code)
		}
		if !strings.Contains(string(text), row) {
			t.Errorf("docs/COMMAND.md has no row that begins with %s", row)
		}
		if !strings.Contains(long, fmt.Sprint(code)) {
			t.Errorf("the help does not mention %d", code)
		}
	}
	for err, want := range map[error]int{
		bilateralrpc.ErrRestarted: exitNotConnected, bilateralrpc.ErrWouldBlock: exitNotConnected, bilateralrpc.ErrUnserved: exitFailed,
		bilateralrpc.ErrOverloaded: exitFailed, bilateralrpc.ErrNoReply: exitNoReply, nil: 0,
	} {
		if got := codeOf(err); got != want {
			t.Errorf("%v is %d, want %d", err, got, want)
		}
	}
}

// A node of the original package answers, and says nothing of why.
func TestWhatAnOriginalAnswersIsUntold(t *testing.T) {
	if !isUntold(bilateralrpc.ErrUnserved) || !isUntold(bilateralrpc.RemoteError(`no such service: "_bilateral"`)) || isUntold(bilateralrpc.ErrNoReply) {
		t.Error("those that don't tell are not told from those that don't answer")
	}
}

func TestKeygenKeepsTheKeysThatThereAre(t *testing.T) {
	file := filepath.Join(t.TempDir(), "node.keys")
	first := new(command).run("keygen", file)
	public := first.out.String()
	if first.code != 0 || len(public) != 41 || !strings.Contains(first.err.String(), "made "+file) {
		t.Errorf("exit code %d, %q, %q", first.code, public, &first.err)
	}
	second := new(command).run("keygen", file, "-o", "json")
	if want := fmt.Sprintf("{%q:%q,%q:%q,%q:false}\n", "public", strings.TrimSpace(public), "file", file, "made"); second.out.String() != want || second.code != 0 {
		t.Errorf("exit code %d, %s, want %s", second.code, &second.out, want)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may use the file: %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if c := new(command).run("keygen", file); c.code != exitUsage || !strings.Contains(c.err.String(), "chmod") {
		t.Errorf("a file that others can read: exit code %d, %q", c.code, &c.err)
	}
}
