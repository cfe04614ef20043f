package core

import (
	"bytes"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"
)

// The payloads of WITH in testdata/wire/with.txt are those of every version to come: what
// is written is that, and is read as what it says.
func TestWithIsWhatTheGoldenFramesSay(t *testing.T) {
	file, err := os.ReadFile("../testdata/wire/with.txt")
	if err != nil {
		t.Fatal(err)
	}
	found := map[Command]int{}
	for line := range strings.Lines(string(file)) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		if len(f) != 5 {
			t.Fatalf("want command, ms, head, rest and payload in %q", line)
		}
		a := Action{Kind: ActSend, Command: ParseCommand([]byte(f[0])), ID: 300, Method: []byte("Arith.SumDiff")}
		if ms, err := strconv.Atoi(f[1]); err == nil {
			a.Left = Left(ms) + 1
		}
		for i, dst := range []*[]byte{&a.Head, &a.Body} {
			if *dst, err = hex.DecodeString(strings.TrimPrefix(f[2+i], "-")); err != nil {
				t.Fatal(err)
			}
		}
		payload, err := hex.DecodeString(f[4])
		if err != nil {
			t.Fatal(err)
		}
		found[a.Command]++
		if got := AppendPayload(nil, &a); a.OnWire() != WITH || !bytes.Equal(got, payload) {
			t.Errorf("%s is written as %v %x, want %x", line, a.OnWire(), got, payload)
		}
		ev := Event{Command: WITH, Body: payload}
		if !ev.Open() || ev.Command != a.Command || ev.Left != a.Left || !bytes.Equal(ev.Head, a.Head) {
			t.Errorf("%s is read as %v, head %x, %d left", line, ev.Command, ev.Head, ev.Left)
		}
		if p, _, ok := ParsePayload(ev.Command, ev.Body); !ok || p.ID != a.ID || !bytes.Equal(p.Method, a.Method) || !bytes.Equal(p.Rest, a.Body) {
			t.Errorf("what is in %s is read as %+v", line, p)
		}
	}
	if found[CALL] < 2 || found[CAST] == 0 || found[BACK] == 0 {
		t.Errorf("the file has %v, want two CALLs, a CAST and a BACK at least", found)
	}
}
