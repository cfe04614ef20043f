package sim

import (
	"testing"
	"time"
)

// A storm is what befalls programs: nothing that their users do, and nobody who lies.
func TestAStormIsMadeOfFaultsOnly(t *testing.T) {
	kinds := map[string]int{}
	for seed := range uint64(300) {
		s := Storm(seed, StormOptions{Nodes: []string{"a", "b", "c"}, For: time.Minute})
		if _, err := Parse(Format(s)); err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, Format(s))
		}
		for _, l := range s.Lines {
			switch f := l.Fault.(type) {
			case userFault, Forge, Inject:
				t.Fatalf("seed %d: %v", seed, f)
			case Partition, Isolate, Cut, Clog, Full, Break:
				kinds["network"]++
			case Crash, Vanish:
				kinds["crash"]++
			case Restart:
				kinds["restart"]++
			case Pause, Deaf:
				kinds["pause"]++
			case Clock:
				kinds["clock"]++
			case Slow:
				kinds["slow"]++
			default:
				t.Fatalf("seed %d: %v", seed, f)
			}
			if l.At > time.Minute {
				t.Fatalf("seed %d: %v is planned for %v", seed, l.Fault, l.At)
			}
		}
	}
	for _, kind := range []string{"network", "crash", "restart", "pause", "clock", "slow"} {
		if kinds[kind] == 0 {
			t.Errorf("no storm of 300 has any %s", kind)
		}
	}
}
