package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/live"
)

func TestMain(m *testing.M) {
	switch played, err := roleMain(); {
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	case played:
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// raceAttacks are those that the race detector sees, some of each layer: with it a
// process is ten times slower, and attackers that pile something up, or wait for the node
// to cut them off, run into their own deadlines on a busy machine. Memory is not judged.
var raceAttacks = map[string]bool{
	"churn": true, "key not admitted": true, "partial, 50 keys": true, "flood CALL": true,
	"never reads": true, "bomb: structs": true,
}

// Every attack at a tenth of its size: the node lives, holds its memory within bounds,
// and serves, dials and listens afterwards. How long anything takes is not looked at.
// Each attack meets one mechanism, by turns, and the next transport the other one. With
// the race detector they are the raceAttacks only.
func TestNodeOutlivesEveryAttack(t *testing.T) {
	if !live.Supported {
		t.Skip("memory is read in /proc")
	}
	for i, transport := range transportNames {
		t.Run(transport, func(t *testing.T) {
			if !available(transport) {
				t.Skipf("%s is not built in", transport)
			}
			for j, a := range attacks() {
				if raceEnabled && !raceAttacks[a.Name] {
					continue
				}
				p := play{
					attack: a, transport: transport, curve: (i+j)%2 == 1, small: true,
					quiet: 50 * time.Millisecond, duration: 300 * time.Millisecond,
				}
				if a.Only != "" {
					p.curve = a.Only == "curve"
				}
				t.Run(strings.ReplaceAll(a.Name, " ", "_")+"/"+p.mechanism(), func(t *testing.T) {
					t.Parallel()
					r, err := p.perform()
					if err != nil {
						t.Fatal(err)
					}
					r.judgeState()
					for _, trouble := range r.troubles {
						t.Errorf("%s (%d done, %s)\nthe same at its full size: make hostile RUN='^%s$'", trouble, r.done, r.note, a.Name)
					}
				})
			}
		})
	}
}
