package main

import (
	"slices"
	"strings"
	"testing"
)

func TestCompletionScripts(t *testing.T) {
	for shell, has := range map[string]string{"bash": "__start_bilateral", "zsh": "#compdef bilateral", "fish": "complete -c bilateral", "powershell": "Register-ArgumentCompleter"} {
		c := new(command).run("completion", shell)
		if c.code != 0 || !strings.Contains(c.out.String(), has) {
			t.Errorf("%s: exit code %d, %d bytes without %q: %s", shell, c.code, len(c.out.String()), has, &c.err)
		}
	}
}

// Peers are completed from what the user has named, and methods by asking the peer.
func TestPeersAndMethodsAreCompleted(t *testing.T) {
	l := newLive(t, true)
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"ping", ""}, []string{"alice", "bob", "carol", "all"}},
		{[]string{"call", ""}, []string{"alice", "bob", "carol", "all"}},
		{[]string{"call", "alice", ""}, []string{"Test.Cast", "Test.Stick", "Test.SumDiff", "Test.Tree"}},
		{[]string{"call", "carol", ""}, nil},
		{[]string{"--output", ""}, []string{"text", "json"}},
	} {
		args := slices.Concat([]string{"__complete"}, l.flags, c.args)
		run := new(command).run(args...)
		lines := strings.Split(strings.TrimSpace(run.out.String()), "\n")
		got := lines[:len(lines)-1] // the last one is a directive to the shell
		if run.code != 0 || !slices.Equal(got, c.want) && len(got)+len(c.want) > 0 {
			t.Errorf("%v: exit code %d, %q, want %q", c.args, run.code, got, c.want)
		}
	}
}

func TestWordsAreQuotedForAShell(t *testing.T) {
	for word, want := range map[string]string{"alice": "alice", "a b": "'a b'", "rq:rM>}U?@": "'rq:rM>}U?@'", "it's": `'it'\''s'`, "": "''"} {
		if got := quoted(word); got != want {
			t.Errorf("%q is %s, want %s", word, got, want)
		}
	}
}
