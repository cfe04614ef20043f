package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/zmqio/libzmq"
)

// The roles of the play, by whose words keys and names are made.
const (
	roleNode     = "node"     // the one under attack
	roleHonest   = "honest"   // calls it all the time
	roleNewcomer = "newcomer" // connects while it is attacked
	roleSentinel = "sentinel" // is dialled by it

	network = "hostile"
)

// A process that has one of these in its environment is not the runner but what
// the value describes.
const (
	envVictim   = "HOSTILE_VICTIM"
	envAttacker = "HOSTILE_ATTACKER"
)

// roleMain does what the environment says, if it says anything.
func roleMain() (played bool, err error) {
	if told := os.Getenv(envVictim); told != "" {
		return true, victimMain(told)
	}
	if told := os.Getenv(envAttacker); told != "" {
		return true, attackerMain(told)
	}
	return false, nil
}

// transportNames are those that a suite runs over.
var transportNames = []string{"zmtp", "libzmq"}

func transportOf(name string) bilateralrpc.Transport {
	if name == "libzmq" {
		return libzmq.Transport
	}
	return bilateralrpc.ZMTP
}

// available says whether this build has the transport.
func available(transport string) bool {
	node, err := bilateralrpc.New(configOf("probe", transport, false))
	if err != nil {
		return !errors.Is(err, libzmq.ErrUnavailable)
	}
	node.Close()
	return true
}

// configOf returns the configuration of the node that plays role.
func configOf(role, transport string, curve bool) bilateralrpc.Config {
	config := bilateralrpc.Config{Network: network, Transport: transportOf(transport)}
	config.Timing.FirstStart = time.Millisecond // nobody has to be waited for
	who := named(role, curve)
	if !curve {
		config.Name = who.claim
		return config
	}
	config.PublicKey, config.PrivateKey = who.claim, keyText(who.keys.Secret[:])
	return config
}

// attackerConfig is what the attackers' process is told.
type attackerConfig struct {
	Attack   string
	Address  string
	Curve    bool
	Small    bool
	Duration time.Duration
}

// attackerReport is what it says: when it begins, all zero, and at its end.
type attackerReport struct {
	Done  int64
	Note  string
	Error string
}

// attackerMain is the process of the attackers. Where something is measured it gives way
// to all others, so that this is what the node does and not that processors are taken.
func attackerMain(told string) error {
	var config attackerConfig
	if err := json.Unmarshal([]byte(told), &config); err != nil {
		return err
	}
	all := attacks()
	at := slices.IndexFunc(all, func(a Attack) bool { return a.Name == config.Attack })
	if at < 0 {
		return fmt.Errorf("there is no attack %q", config.Attack)
	}
	if !config.Small { // else, on a busy machine, they might not get to attack
		if err := giveWay(); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	out := json.NewEncoder(os.Stdout)
	t := &Target{Address: config.Address, Curve: config.Curve, Small: config.Small, FilesMax: filesMax()}
	t.begin = sync.OnceFunc(func() {
		_ = out.Encode(attackerReport{}) // the runner reads it, or has ended
		go func() {
			defer cancel()
			for end := time.Now().Add(attackPatience); t.done.Load() < max(1, t.goal.Load()) && time.Now().Before(end); {
				pause(ctx, 10*time.Millisecond)
			}
			pause(ctx, config.Duration)
		}()
	})
	var report attackerReport
	if err := all[at].Run(ctx, t); err != nil {
		report.Error = err.Error()
	}
	report.Done, report.Note = t.done.Load(), t.note
	if err := out.Encode(report); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, os.Stdin) // the runner reads the processor time that this process has used
	return err
}
