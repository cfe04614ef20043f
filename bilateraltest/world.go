package bilateraltest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/hosted"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/check"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// World is what one run is made from: the function that Run is given says what there is in
// it, and is called anew for each run. Host, Connect, Go, Load, At and the claims belong
// into that function, before it returns. Now, Seed, Rand, Node, Do and History are for the
// goroutines of the run as well, and may be called concurrently.
type World struct {
	seed    uint64
	options *Options
	hosts   []*host
	flows   []*flow
	links   [][2]string
	planned []sim.Line    // by At
	loaded  *sim.Scenario // by Load
	wrong   error         // what is wrong with all that

	always, finally []claim
	marks           *marks // of the batch
	history         history

	endLoad context.CancelFunc // of the context of Go

	begun  bool // the function has returned
	engine *engine
	sim    *sim.World  // nil with Options.Real
	calls  core.CallID // of all programs so far
	real   *reality    // nil but with Options.Real

	mu        sync.Mutex
	addresses map[string]string // where hosts listen: the name, by the address
	failures  []string          // of goroutines: panics, and errors of hosts
}

// claim is something that has to hold.
type claim struct {
	name  string
	holds func() error
}

// flow is a goroutine of the user's that belongs to no host.
type flow struct {
	name string
	run  func(context.Context)
	done bool // guarded by World.mu
}

// setup says that a method is called where it has an effect.
func (w *World) setup(method string) {
	if w.begun {
		panic("bilateraltest: World." + method + " after the function of Run has returned: the run has begun")
	}
}

// Seed is that of the run.
func (w *World) Seed() uint64 { return w.seed }

// Rand returns random numbers that the seed and the name decide. It is for one goroutine:
// give each its own name.
func (w *World) Rand(name string) *rand.Rand {
	return rand.New(rand.NewPCG(w.seed, dice.HashName(name)))
}

// Now is the time since the start of the run.
func (w *World) Now() time.Duration {
	if w.real != nil {
		return time.Since(w.real.start)
	}
	return w.engine.now()
}

// Host adds a host: a computer with a node of that name, a disk, and a process that begins
// with start. That is called once in each of the host's lives, at the start of the run and
// after each restart, on a goroutine of its own; it may return, or go on as long as the
// life does. An error fails the run, unless the life is over. Options is of the node:
// its interceptors, its Logger, Alias and Limits.ValueBytesMax count, and what else is in
// it does not; with Options.Real all of it counts but Network, Name and Timing. Keys are
// for Options.Real alone, where the name of the node is its public key: in a simulated
// world nobody can claim the name of another, so that there is nothing for keys to prove,
// and a host that has some is rejected.
func (w *World) Host(name string, start func(h *Host) error, options ...bilateralrpc.Config) {
	w.setup("Host")
	h := &host{world: w, name: name, start: start, store: newStore()}
	if len(options) > 0 {
		h.config = options[0]
	}
	if keys := keysOf(&h.config); keys != "" && w.real == nil {
		w.reject(fmt.Errorf("host %q has %s: in a simulated world nodes have names and no keys. "+
			"Give it keys only in a test with Options.Real, where peers call it by its public key", name, keys))
	}
	if w.hostNamed(name) != nil {
		w.reject(fmt.Errorf("there are two hosts named %q", name))
		return
	}
	w.hosts = append(w.hosts, h)
}

// keysOf names the fields of a Config that are about keys and set; "" if none is.
func keysOf(c *bilateralrpc.Config) string {
	var set []string
	add := func(name string, is bool) {
		if is {
			set = append(set, name)
		}
	}
	add("PublicKey", c.PublicKey != "")
	add("PrivateKey", c.PrivateKey != "")
	add("AllowedKeys", c.AllowedKeys != nil)
	add("AllowedKeysFile", c.AllowedKeysFile != "")
	return strings.Join(set, ", ")
}

// Connect has host from dial host to, in every life of from. A program that dials for
// itself, by ConnectTo, does not need it.
func (w *World) Connect(from, to string) {
	w.setup("Connect")
	w.links = append(w.links, [2]string{from, to})
}

// Go adds a goroutine that is of no host and outlives them all: a user at his keyboard, who
// uses the nodes by Node. Its context is done when the faults stop, after Options.For; it
// then has to return within Options.Patience.
func (w *World) Go(name string, run func(ctx context.Context)) {
	w.setup("Go")
	w.flows = append(w.flows, &flow{name: name, run: run})
}

// Always claims that holds returns nil after every step of the world. It is called when
// nobody else runs, so that what it reads does not change meanwhile; the race detector
// does not know that, and wants the usual locks. It must not wait: neither for a lock that
// is held while its holder waits, nor for the network.
func (w *World) Always(claimed string, holds func() error) {
	w.setup("Always")
	w.always = append(w.always, claim{claimed, holds})
}

// Finally claims that holds returns nil at the end: the faults have stopped, all peers are
// connected, and every function of Go has returned. It may call the nodes.
func (w *World) Finally(claimed string, holds func() error) {
	w.setup("Finally")
	w.finally = append(w.finally, claim{claimed, holds})
}

// Sometimes claims that is is true after some step, of some run of the batch. It is called
// as Always is. A batch in which it never was proves too little, and fails.
func (w *World) Sometimes(claimed string, is func() bool) {
	w.setup("Sometimes")
	hit := w.Reachable(claimed)
	w.always = append(w.always, claim{claimed, func() error {
		if is() {
			hit()
		}
		return nil
	}})
}

// Reachable claims that some run of the batch comes to a place, where it calls the
// function that is returned. A batch in which none does proves too little, and fails.
func (w *World) Reachable(claimed string) func() {
	w.setup("Reachable")
	return w.marks.declare(claimed)
}

// Load has the faults, and the settings of the network, be those of a scenario (docs/SIMULATION.md),
// in the place of those that the seed draws. Its peers are hosts of the world. What it
// expects is checked too. The seed stays that of the run, and delays hang on it: the seed of
// a file is in a batch only if Options.Seeds is more than that.
func (w *World) Load(text string) {
	w.setup("Load")
	s, err := sim.Parse(text)
	if err != nil {
		w.reject(err)
		return
	}
	w.loaded = s
}

// At plans faults for a time of the run, in the place of those that the seed draws.
func (w *World) At(t time.Duration, faults ...sim.Fault) {
	w.setup("At")
	for _, f := range faults {
		w.planned = append(w.planned, sim.Line{At: t, Fault: f})
	}
}

// Do has faults happen: at the start of the run, as At does, or now, on behalf of one of its
// goroutines. Those of now are part of the program, and are there in every run of it.
// Without a simulated world they do nothing.
func (w *World) Do(faults ...sim.Fault) {
	if !w.begun {
		w.At(0, faults...)
		return
	}
	if w.real != nil {
		return
	}
	var key strings.Builder
	for _, f := range faults {
		key.WriteString(f.String() + "\n")
	}
	done := make(chan struct{})
	w.engine.post(nil, hosted.Op{Key: key.String, Do: func() {
		after := sim.Do{Name: "what was asked for has happened", Func: func(*sim.World) {
			w.engine.hand(func() { close(done) })
		}}
		w.sim.At(w.sim.Now(), append(slices.Clone(faults), after)...)
	}})
	<-done
}

// Node returns the node of a host in its present life or, if it is down, in its last one:
// that one is closed.
func (w *World) Node(name string) *bilateralrpc.Bilateral {
	h := w.hostNamed(name)
	if h == nil {
		panic(fmt.Sprintf("bilateraltest: World.Node: there is no host named %q", name))
	}
	latest := h.present()
	if latest == nil {
		panic("bilateraltest: World.Node before the run has begun")
	}
	return latest.node
}

func (w *World) hostNamed(name string) *host {
	for _, h := range w.hosts {
		if h.name == name {
			return h
		}
	}
	return nil
}

// reject notes the first thing that is wrong with the setup.
func (w *World) reject(err error) {
	if w.wrong == nil {
		w.wrong = err
	}
}

// listening notes where a host listens.
func (w *World) listening(address, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.addresses[address] = name
}

// resolve returns the name of the host that an address leads to; if there is none, a name
// that no host has.
func (w *World) resolve(address string) string {
	w.mu.Lock()
	name, ok := w.addresses[address]
	w.mu.Unlock()
	if ok {
		return name
	}
	_, place, _ := strings.Cut(address, "://")
	if w.hostNamed(place) != nil {
		return place
	}
	if name, _ = splitPort(place); w.hostNamed(name) != nil {
		return name
	}
	return address
}

// failed notes what a goroutine has done wrong.
func (w *World) failed(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, what)
}

// present returns what the host was given in its latest life.
func (h *host) present() *Host {
	h.world.mu.Lock()
	defer h.world.mu.Unlock()
	return h.latest
}

// lookAt has every claim of Always looked at, and what goroutines have done wrong.
func (w *World) lookAt() {
	if len(w.always) > 0 { // which may, though it should not, let somebody go on
		w.engine.stirred = true
	}
	for _, c := range w.always {
		if err := guarded(c.holds); err != nil {
			w.sim.Fail(sim.Property{ID: fmt.Sprintf("Always %q", c.name), Claim: "it has to hold after every step.", Means: meansClaim}, err.Error())
			return
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.failures) > 0 {
		w.sim.Fail(propFails, slices.Min(w.failures)) // never that of who came first
	}
}

// see has the life that takes a step note what it is about.
func (w *World) see(_ *sim.World, s *check.Step, _ sim.Fault) {
	if s == nil { // a fault: it may end a life, or be a function of the user's
		w.engine.stirred = true
		return
	}
	if h := w.hostNamed(s.Node.Name); h != nil && h.life != nil {
		h.life.see(s)
	}
}

// guarded calls f; a panic is an error too.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it panicked: %v", p)
		}
	}()
	return f()
}
