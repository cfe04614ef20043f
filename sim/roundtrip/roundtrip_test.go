package roundtrip

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

func TestEveryScenarioFileIsAFixedPoint(t *testing.T) {
	files, err := filepath.Glob("../../testdata/scenario/*.sim")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		// Blanks and a byte order mark are no part of what it says.
		for _, variant := range []string{string(text), "\ufeff" + strings.ReplaceAll(string(text), "\n", " \r\n")} {
			if err := Check(variant); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestEverySeedIsAFixedPoint(t *testing.T) {
	for seed := range uint64(100) {
		for _, model := range []sim.Model{sim.Physical, sim.Adversarial} {
			if err := Check(sim.Format(sim.Swarm(seed, sim.SwarmOptions{Model: model}))); err != nil {
				t.Errorf("seed %d, %v: %v", seed, model, err)
			}
		}
	}
}

// Whatever can be said in a scenario, in another than its canonical form.
func TestWhatIsNotCanonicalIsAFixedPoint(t *testing.T) {
	for _, lines := range []string{
		"at 1000ms bridge {a} | {b} via c for 60s",
		"at 1s connect a <-> b\nat 0.5h cut a -> b for 1m30s",
		"maybe on STAY b->a #2.. delay 1s then clock a step +5s\nat 0s connect a -> b",
		"at 5s clock a drift -0 ppm\nat 6s clock a step 3s\nat 7s clock a freeze",
		"at 5s forge \"x y\" -> b UNKNOWN \"\\xff\" x1\nat 6s inject a -> b BACK x3",
		"peer d\npeer e old blind network \"\"\nat 0s connect d -> e at f",
		"at 0s call a -> b,c,\"not there\" Echo.Ping idempotent as \"k-1\"\nexpect \"k-1\" from b reply",
		"rate refuse 0/7 rate break 1/1 late 0s handler 0s..1s decay wake 0s\nrun 3s settle",
		"firstcall 4294967295 limit tick 8\nat 5s clock a rewind 3000ms\nat 6s call a -> b,b,a,x Echo.Ping size 99 as k\nat 7s cast a -> all No.Such size 1",
		"run 10s\nat 10s stop a\nat 10s restart a same",
	} {
		for _, text := range []string{
			"bilsim 1\npeers a b c\n" + lines, "bilsim 1 # a\n" + lines + "\n# b\nblind a\nold b\npeers c # c\n# d\n",
		} {
			if _, err := sim.Parse(text); err != nil {
				t.Errorf("%s\nis not even read: %v", text, err)
			} else if err := Check(text); err != nil {
				t.Errorf("%s\n%v", text, err)
			}
		}
	}
}
