package fuzz

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/record"
)

// stepsMost bounds the steps that are played of one input.
const stepsMost = 2000

// recordingOf returns a recording of a node that is dialled, calls, and is called.
func recordingOf(f *testing.F, o record.Options) []byte {
	f.Helper()
	m, err := core.New(core.Config{Name: "m", Network: "net", Seed: 1, LinksReported: true, Limits: machineLimits})
	if err != nil {
		f.Fatal(err)
	}
	r := record.New(o)
	if err := r.Attach(m, new(sync.Mutex), record.About{Epoch: time.Unix(1, 0)}); err != nil {
		f.Fatal(err)
	}
	link := core.Link{Half: core.Listening, N: 1}
	call := core.Action{Command: core.CALL, ID: 7, Method: []byte("S.M"), Body: []byte("arguments")}
	for i, ev := range []core.Event{
		{Kind: core.EvConnect, Peer: "b", Address: "here"},
		{Kind: core.EvFrame, Peer: "a", Link: link, Command: core.JOIN, Body: []byte("net")},
		{Kind: core.EvFrame, Peer: "a", Link: link, Command: core.MEET, Body: []byte(machineStay)},
		{Kind: core.EvFrame, Peer: "a", Link: link, Command: core.CALL, Body: core.AppendPayload(nil, &call)},
		{Kind: core.EvCall, Call: 1, To: []string{"a", "b"}, Method: []byte("S.M"), Body: []byte("arguments"), Head: []byte("head"), Timeout: time.Minute},
		{Kind: core.EvReply, Ticket: 1 << 32, Method: []byte("S.M"), Body: []byte("reply")},
		{Kind: core.EvTimeout, At: core.Instant(time.Second)},
		{Kind: core.EvLinkLost, Peer: "a", Link: link, Cause: core.CauseLost},
		{Kind: core.EvStop},
	} {
		ev.At += core.Instant(i)
		r.Step(nil, &ev)
	}
	var file bytes.Buffer
	if _, err := r.WriteTo(&file); err != nil {
		f.Fatal(err)
	}
	return file.Bytes()
}

// FuzzRecording reads a recording and plays it: whatever the bytes, nothing panics but the
// machine, which the player tells, and a recording that plays to its end without a
// difference plays so once more.
func FuzzRecording(f *testing.F) {
	f.Add([]byte{})
	f.Add(recordingOf(f, record.Options{}))
	f.Add(recordingOf(f, record.Options{Bodies: true}))
	files, err := filepath.Glob("../testdata/recording/*")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := record.Parse(file)
		if err != nil || r.Config.Limits.TimersStepMax > 1000 || r.Config.Limits.BodyBytesMax > 1<<20 {
			return // a player does the same with larger ones, for longer
		}
		steps, same := playAll(r)
		if again, sameAgain := playAll(r); again != steps || sameAgain != same {
			t.Fatalf("%d steps, then %d; without a difference: %v, then %v", steps, again, same, sameAgain)
		}
	})
}

// playAll plays a recording, and says whether every step was as recorded.
func playAll(r *record.Recording) (steps int, same bool) {
	p, err := r.Play()
	if err != nil {
		return 0, false
	}
	same = true
	for ; steps < stepsMost; steps++ {
		step, err := p.Next()
		if err != nil {
			break
		}
		same = same && !step.Differs
	}
	return steps, same
}
