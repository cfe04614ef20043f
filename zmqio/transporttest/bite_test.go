package transporttest

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/inproc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder is the TB of a case whose failures are the point.
type recorder struct {
	testing.TB
	mu       sync.Mutex
	failures []string
	cleanups []func()
}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Error(args ...any) { r.Errorf("%s", fmt.Sprint(args...)) }

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Fatal(args ...any) { r.Fatalf("%s", fmt.Sprint(args...)) }

func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

// do runs f to its end, or to that of its goroutine.
func (r *recorder) do(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

// inMemory are the options of the transport in memory.
var inMemory = Options{
	Addresses:    func(testing.TB) []string { return []string{"inproc://*"} },
	BadAddresses: []string{"inproc://"},
}

// failures runs a case with transport, in a bubble, where patience costs no time,
// and returns how it failed.
func failures(t *testing.T, c *testCase, transport zmqio.Transport, options Options, mechanism string) []string {
	t.Helper()
	var r *recorder
	synctest.Test(t, func(t *testing.T) {
		r = &recorder{TB: t}
		r.do(func() {
			c.run(&story{TB: r, transport: transport, options: options, curve: mechanism == curve})
		})
		for len(r.cleanups) > 0 {
			last := len(r.cleanups) - 1
			f := r.cleanups[last]
			r.cleanups = r.cleanups[:last]
			r.do(f)
		}
	})
	return r.failures
}

// Without a fault every case passes, or TestSuiteBites would prove nothing.
func TestSuitePassesWithoutFault(t *testing.T) {
	for _, c := range cases {
		for _, mechanism := range c.mechanisms(inMemory) {
			if got := failures(t, &c, faulty{}, inMemory, mechanism); len(got) > 0 {
				t.Errorf("%s/%s: %q", c.name, mechanism, got)
			}
		}
	}
}

// plaintextOnly is the transport in memory without CURVE.
type plaintextOnly struct{ zmqio.Transport }

func (t plaintextOnly) Open(sink zmqio.Sink, config zmqio.TransportConfig) (zmqio.Carrier, error) {
	if config.Curve {
		return nil, errors.New("plaintext only")
	}
	return t.Transport.Open(sink, config)
}

// A transport without CURVE passes with NoCurve, and one that takes the keys of a
// node and does not use them does not.
func TestSuiteWithoutCurve(t *testing.T) {
	options := inMemory
	options.NoCurve = true
	for _, c := range cases {
		for _, mechanism := range c.mechanisms(options) {
			if mechanism == curve {
				t.Errorf("%s runs with CURVE", c.name)
			}
			if got := failures(t, &c, plaintextOnly{inproc.Transport}, options, mechanism); len(got) > 0 {
				t.Errorf("%s: %q", c.name, got)
			}
		}
		if c.name != "refusal/bad configurations" {
			continue
		}
		ignores := faulty{config: func(c *zmqio.TransportConfig, _ zmqio.Sink) { c.Curve = false }}
		if got := failures(t, &c, ignores, options, null); len(got) == 0 {
			t.Errorf("%s passes with a transport that ignores CURVE", c.name)
		}
	}
}

// tries is how often a fault has a chance to show: memory that is used again too early
// may have been read before.
const tries = 20

// Every fault is found by the case that is there for it.
func TestSuiteBites(t *testing.T) {
	for _, f := range faults {
		t.Run(f.what, func(t *testing.T) {
			for _, c := range cases {
				if c.name != f.caughtBy {
					continue
				}
				mechanism := c.mechanisms(inMemory)[0]
				for range tries {
					if got := failures(t, &c, f.transport, inMemory, mechanism); len(got) > 0 {
						t.Log(got[0])
						return
					}
				}
				t.Errorf("%s passes", c.name)
				return
			}
			t.Fatalf("there is no case %q", f.caughtBy)
		})
	}
}

// faulty is the transport in memory with something wrong in it. Nil functions
// change nothing.
type faulty struct {
	config  func(*zmqio.TransportConfig, zmqio.Sink)
	sink    func(zmqio.Sink) zmqio.Sink
	carrier func(zmqio.Carrier, zmqio.Sink) zmqio.Carrier
}

func (faulty) Schemes() []string { return inproc.Transport.Schemes() }

func (f faulty) Open(sink zmqio.Sink, config zmqio.TransportConfig) (zmqio.Carrier, error) {
	if f.config != nil {
		f.config(&config, sink)
	}
	if f.sink != nil {
		sink = f.sink(sink)
	}
	c, err := inproc.Transport.Open(sink, config)
	if err == nil && f.carrier != nil {
		c = f.carrier(c, sink)
	}
	return c, err
}
