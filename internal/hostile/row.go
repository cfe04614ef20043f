package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/internal/live"
)

// The bounds that a row is judged by.
const (
	// nodeBytesMax is the node's budget of bytes: the default of Limits.NodeBytesMax.
	nodeBytesMax = 512 << 20
	// memoryRiseMax is what an attack may make the node's resident memory rise by: the
	// budget, and some for what is not counted.
	memoryRiseMax = nodeBytesMax + 32<<20
	// logRateMax is how many bytes a second an attack may make the node log.
	logRateMax = 100 << 10
	// shareMin is the share of the honest peer's calls that must be served in time.
	shareMin = 0.99
)

// How long things may take. None of it is a measure.
const (
	// filesDuration is how long an attack on descriptors lasts at least: a newcomer who
	// is turned away comes again after up to 800 ms.
	filesDuration   = 5 * time.Second
	startPatience   = 30 * time.Second // for a process to start, and peers to connect
	dialPatience    = 5 * time.Second  // for the node to dial the sentinel and be answered
	dialEvery       = 100 * time.Millisecond
	recoverPatience = 30 * time.Second // for the node to be as before
	attackPatience  = 40 * time.Second // for the attackers to reach their goal, beyond their time
	endPatience     = 60 * time.Second // for the attackers to end, beyond their time
)

// play is how an attack is carried out.
type play struct {
	attack    Attack
	transport string
	curve     bool
	small     bool
	quiet     time.Duration // to measure before the attack
	duration  time.Duration // of the attack
}

// mechanism names what protects the connections.
func (p *play) mechanism() string {
	if p.curve {
		return "curve"
	}
	return "null"
}

// row is what an attack did.
type row struct {
	play
	before, during, after sample
	bystander             sample        // during the attack, of a node that is not attacked
	rise                  int64         // of the node's memory, in bytes
	cpu, cpuOthers        float64       // processors that the node, and others than us, used
	log                   int64         // bytes logged during the attack
	lasted                time.Duration // the attack
	alive                 bool          // the node's process, and the honest peer was served
	newcomer              time.Duration // until a new peer was served; 0 if none was
	dials                 int64         // times that the node dialled a peer during the attack
	dialled               bool          // it did so during the attack or after
	lies                  int64         // replies that a peer gave for another
	recovered             bool
	done                  int64  // what the attackers did
	note                  string // what they say
	troubles              []string
}

// limit is what a call may take and be in time.
func (r *row) limit() time.Duration { return withinFactor * max(r.before.p99(), quietFloor) }

// share returns the share of the calls during the attack that were served in time.
func (r *row) share() float64 { return r.during.within(r.limit()) }

// machineShare returns the share of the calls to the bystander that were served in
// that time: what the machine allows, whatever the node does.
func (r *row) machineShare() float64 { return r.bystander.within(r.limit()) }

// trouble adds a reason why the row has failed.
func (r *row) trouble(format string, args ...any) {
	r.troubles = append(r.troubles, fmt.Sprintf(format, args...))
}

// stage is a node under attack and its honest peers.
type stage struct {
	play
	sentinel  *bilateralrpc.Bilateral
	victim    *live.Child
	address   string // of the node
	honest    *peer
	bystander *live.Child // a node like the victim, and not attacked
	control   *peer       // calls it as the honest peer calls the node
}

// newStage starts everything but the attack.
func newStage(p play) (s *stage, err error) {
	s = &stage{play: p}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.sentinel, err = bilateralrpc.New(configOf(roleSentinel, p.transport, p.curve)); err != nil {
		return nil, err
	}
	if err = s.sentinel.Register(Sentinel{}); err != nil {
		return nil, err
	}
	if err = s.sentinel.ListenOn("tcp://127.0.0.1:*"); err != nil {
		return nil, err
	}
	told := victimConfig{
		Transport: p.transport, Curve: p.curve, Files: p.attack.Files, Asks: p.attack.Asks,
		Sentinel: s.sentinel.ListenAddresses()[0],
	}
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	if s.victim, s.address, err = startVictim(told); err != nil {
		return nil, err
	}
	if s.honest, err = newPeer(ctx, roleHonest, p.transport, p.curve, s.address); err != nil {
		return nil, err
	}
	address := ""
	if s.bystander, address, err = startVictim(victimConfig{Transport: p.transport, Curve: p.curve}); err != nil {
		return nil, err
	}
	s.control, err = newPeer(ctx, roleHonest, p.transport, p.curve, address)
	return s, err
}

// startVictim starts a node in a process of its own and returns its address.
func startVictim(told victimConfig) (*live.Child, string, error) {
	c, err := live.Start(envVictim, told)
	if err != nil {
		return nil, "", err
	}
	var started victimStats
	if err := c.Next(&started, startPatience); err != nil {
		c.Stop()
		return nil, "", err
	}
	return c, started.Address, nil
}

func (s *stage) close() {
	for _, p := range []*peer{s.honest, s.control} {
		if p != nil {
			p.node.Close()
		}
	}
	if s.sentinel != nil {
		s.sentinel.Close()
	}
	for _, c := range []*live.Child{s.victim, s.bystander} {
		if c != nil {
			c.Stop()
		}
	}
}

// perform carries out an attack. The error says that it could not be begun.
func (p play) perform() (*row, error) {
	if p.attack.Files > 0 && !p.small {
		p.duration = max(p.duration, filesDuration)
	}
	s, err := newStage(p)
	if err != nil {
		return nil, fmt.Errorf("before the attack: %w", err)
	}
	defer s.close()
	r := &row{play: p}
	s.honest.measure(nil, p.quiet/2) // to warm up
	r.before, err = s.honest.measure(nil, p.quiet)
	if err != nil {
		return nil, fmt.Errorf("before the attack: %w", err)
	}
	var quiet, attacked victimStats
	if err := s.victim.Ask(&quiet, startPatience); err != nil {
		return nil, fmt.Errorf("before the attack: %w", err)
	}
	pid := s.victim.Pid()
	_ = resetPeak(pid) // see there
	resident, _, err := live.Memory(pid)
	if err != nil {
		return nil, err
	}

	if err := s.attacked(r); err != nil {
		return nil, err
	}
	err = s.victim.Ask(&attacked, recoverPatience)
	r.log, r.dials, r.lies = attacked.LogBytes-quiet.LogBytes, attacked.Dials-quiet.Dials, attacked.Lies
	if err == nil {
		s.recover(r, quiet.Dials)
	}
	if _, peak, err := live.Memory(pid); err == nil {
		r.rise = peak - resident
	}
	r.alive = s.victim.Alive() && len(r.during.served) > 0
	switch {
	case !s.victim.Alive():
		r.trouble("the node died: %s", s.victim.Errors())
	case err != nil:
		r.trouble("the node does not answer: %v", err)
	}
	return r, nil
}

// attacked lets the attackers loose, and the honest peers work meanwhile.
func (s *stage) attacked(r *row) error {
	attackers, err := live.Start(envAttacker, attackerConfig{
		Attack: s.attack.Name, Address: s.address[len("tcp://"):], Curve: s.curve, Small: s.small, Duration: s.duration,
	})
	if err != nil {
		return err
	}
	defer attackers.Stop()
	var report attackerReport
	if err := attackers.Next(&report, startPatience); err != nil {
		return fmt.Errorf("the attackers: %w", err)
	}
	start := time.Now()
	clocks := s.clocks(attackers)
	newcomer := make(chan time.Duration, 1)
	go func() {
		time.Sleep(s.duration / 4)
		newcomer <- s.newcomer(s.duration * 3 / 4)
	}()
	over := make(chan struct{})
	var used cpuClocks
	go func() {
		defer close(over)
		err = attackers.Next(&report, s.duration+endPatience)
		used = s.clocks(attackers)
	}()
	controlled := make(chan sample)
	go func() {
		calm, _ := s.control.measure(over, 0) // what is not served counts
		controlled <- calm
	}()
	var missed error
	r.during, missed = s.honest.measure(over, 0)
	r.bystander = <-controlled
	r.lasted = time.Since(start)
	r.cpu = max(0, (used.node-clocks.node).Seconds()/r.lasted.Seconds()) // less than nothing if it died
	r.cpuOthers = max(0, (used.others-clocks.others).Seconds()/r.lasted.Seconds())
	r.newcomer = <-newcomer
	if err != nil {
		return fmt.Errorf("the attackers: %w", err)
	}
	r.done, r.note = report.Done, report.Note
	if missed != nil {
		r.note = fmt.Sprintf("%s (honest peer: %v)", r.note, missed)
	}
	if report.Error != "" {
		r.trouble("the attackers could not attack: %s", report.Error)
	} else if report.Done == 0 {
		r.trouble("the attackers did nothing")
	}
	return nil
}

// newcomer connects a new peer and returns how long it took until it was served, or
// zero if it was not within patience.
func (s *stage) newcomer(patience time.Duration) time.Duration {
	start := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	p, err := newPeer(ctx, roleNewcomer, s.transport, s.curve, s.address)
	if err != nil {
		return 0
	}
	defer p.node.Close()
	for ctx.Err() == nil {
		if p.call(ctx) == nil {
			return time.Since(start)
		}
	}
	return 0
}

// recover waits until the honest peer is served as before and the node has dialled
// again. The small play leaves the time that a call takes out of it.
func (s *stage) recover(r *row, dials int64) {
	for end := time.Now().Add(recoverPatience); time.Now().Before(end) && s.victim.Alive(); {
		after, err := s.honest.measure(nil, s.quiet)
		var now victimStats
		if s.victim.Ask(&now, recoverPatience) != nil {
			return
		}
		r.after, r.dialled, r.lies = after, now.Dials > dials, now.Lies
		if r.recovered = err == nil && (s.small || after.p99() <= r.limit()); r.recovered && r.dialled {
			return
		}
	}
}

// cpuClocks are processor times used so far.
type cpuClocks struct{ node, others time.Duration }

// clocks reads those of the node and of everything that is not part of the play.
func (s *stage) clocks(attackers *live.Child) cpuClocks {
	node := cpuOf(s.victim.Pid())
	return cpuClocks{node, cpuOfAll() - node - cpuOf(attackers.Pid()) - cpuOf(os.Getpid())}
}
