package campaign

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"runtime/debug"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// A Campaign says which scenario each index stands for. Two results can be merged if they
// are of equal campaigns.
type Campaign struct {
	// Name, such as a commit's hash, gives indices seeds of their own. Without a name an
	// index is its seed.
	Name  string
	Model sim.Model
	Peers int // in every scenario; 0 lets each seed decide
	// Build is the version of the program that runs the seeds, as Build returns it.
	Build string

	// Alter makes another scenario of each, such as one whose nodes have a defect; nil leaves
	// them. Results do not show it.
	Alter func(*sim.Scenario) *sim.Scenario
}

// module is the path of the module that this package is in.
const module = "github.com/bitmark-inc/bilateralrpc"

// Build returns the version of this module in the running program, and "" if it was not
// recorded, as with go run in a checkout.
func Build() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path == module && m.Replace == nil && m.Version != "(devel)" {
			return m.Version
		}
	}
	return ""
}

// Seed returns the seed of an index, below 2^63: the index itself, or what the name of
// the campaign makes of it.
func (c *Campaign) Seed(index uint64) uint64 {
	if c.Name == "" {
		return index
	}
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(c.Name), index))
	return binary.BigEndian.Uint64(sum[:]) >> 1
}

// Scenario returns the scenario of a seed.
func (c *Campaign) Scenario(seed uint64) *sim.Scenario {
	s := sim.Swarm(seed, sim.SwarmOptions{Model: c.Model, Peers: c.Peers})
	if c.Alter != nil {
		return c.Alter(s)
	}
	return s
}

// Replay returns the command that runs a seed again.
func (c *Campaign) Replay(seed uint64) string {
	line := fmt.Sprintf("go run ./cmd/bilsim replay -seed %d -model %v", seed, c.Model)
	if c.Peers != 0 {
		line += fmt.Sprintf(" -peers %d", c.Peers)
	}
	return line
}

// differs says in which respect two campaigns differ, and returns nil if in none.
func (c *Campaign) differs(d *Campaign) error {
	for _, x := range []struct {
		what string
		a, b any
	}{
		{"names", c.Name, d.Name}, {"models of a link", c.Model.String(), d.Model.String()},
		{"numbers of peers", c.Peers, d.Peers}, {"builds", c.Build, d.Build},
	} {
		if x.a != x.b {
			return fmt.Errorf("these are two campaigns: their %s are %#v and %#v", x.what, x.a, x.b)
		}
	}
	return nil
}
