package bilateraltest

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"testing"
)

// exactSeeds is how many seeds the test of exactness runs each program with. EXACT_SEEDS
// raises it.
func exactSeeds(t *testing.T) uint64 {
	if text := os.Getenv("EXACT_SEEDS"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if testing.Short() {
		return 2
	}
	return 6
}

// Each program is run twice with each seed: the second time it dawdles, and has another
// number of processors.
func TestTheSameSeedIsTheSameRun(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, program := range nastyPrograms {
		t.Run(program.name, func(t *testing.T) {
			o := Options{For: 20e9}
			o.setDefaults()
			b := &batch{t: t, o: &o, setup: program.setup}
			differ, calls := 0, uint64(0)
			for seed := range exactSeeds(t) {
				digests := [2]string{}
				transcripts := [2]transcript{}
				for i := range 2 {
					slowed.Store(i == 1)
					runtime.GOMAXPROCS([...]int{1, 2, 8}[(int(seed)+i)%3])
					out, err := b.run(seed, nil, transcripts[i].add)
					if err != nil {
						t.Fatal(err)
					}
					if v := out.result.Violation; v != nil {
						t.Fatalf("seed %d: %v", seed, v)
					}
					digests[i] = out.result.Digest
					calls += out.result.Events
				}
				slowed.Store(false)
				if digests[0] == digests[1] {
					continue
				}
				differ++
				if differ == 1 {
					for i := range min(len(transcripts[0].lines), len(transcripts[1].lines)) {
						if x, y := transcripts[0].lines[i], transcripts[1].lines[i]; !bytes.Equal(x, y) {
							t.Errorf("seed %d differs first at step %d:\n%s\n%s\nafter\n%s", seed, i, x, y, bytes.Join(transcripts[0].lines[max(i-12, 0):i], []byte("\n")))
							break
						}
					}
				}
			}
			t.Logf("%d of %d seeds differ, %d events", differ, exactSeeds(t), calls)
		})
	}
}
