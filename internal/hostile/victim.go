package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// victimConfig is what the node under attack is told, in an environment variable.
type victimConfig struct {
	Transport string
	Curve     bool
	Files     uint64 // limit of descriptors; 0 leaves it
	Asks      bool   // it calls its peers
	Sentinel  string // address of the peer that it dials
}

// victimStats is what it answers to each line on its standard input.
type victimStats struct {
	Address  string // that it listens on
	LogBytes int64  // logged so far
	Dials    int64  // times that it dialled the sentinel, and was answered
	DialsBad int64  // times that it was not, in time
	Lies     int64  // replies that were not the sentinel's
}

// victim is the node under attack.
type victim struct {
	config victimConfig
	node   *bilateralrpc.Bilateral
	log    atomic.Int64
	dials  atomic.Int64
	bad    atomic.Int64
	lies   atomic.Int64
}

// Write counts what is logged.
func (v *victim) Write(b []byte) (int, error) {
	v.log.Add(int64(len(b)))
	return len(b), nil
}

// victimMain is the process of the node under attack. It ends with its standard input.
func victimMain(told string) error {
	v := &victim{}
	if err := json.Unmarshal([]byte(told), &v.config); err != nil {
		return err
	}
	if v.config.Files > 0 {
		if err := setFilesMax(v.config.Files); err != nil {
			return err
		}
	}
	gob.Register([]any{})
	if err := v.start(); err != nil {
		return err
	}
	go v.keepDialling()
	if v.config.Asks {
		go v.keepAsking()
	}
	in, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		if err := out.Encode(victimStats{
			Address: v.node.ListenAddresses()[0], LogBytes: v.log.Load(),
			Dials: v.dials.Load(), DialsBad: v.bad.Load(), Lies: v.lies.Load(),
		}); err != nil {
			return err
		}
		if !in.Scan() {
			return in.Err() // without Close: nothing of it is wanted any more
		}
	}
}

// start makes the node. It admits the roles of the play and nobody else.
func (v *victim) start() (err error) {
	config := configOf(roleNode, v.config.Transport, v.config.Curve)
	config.Limits.NodeBytesMax = nodeBytesMax
	config.Logger = slog.New(slog.NewTextHandler(v, nil))
	if v.config.Curve {
		for i := range keysMax {
			config.AllowedKeys = append(config.AllowedKeys, named("attacker "+strconv.Itoa(i), true).claim)
		}
		for _, role := range []string{roleHonest, roleNewcomer, roleSentinel} {
			config.AllowedKeys = append(config.AllowedKeys, named(role, true).claim)
		}
	}
	if v.node, err = bilateralrpc.New(config); err != nil {
		return err
	}
	if err := v.node.Register(Service{}); err != nil {
		return err
	}
	return v.node.ListenOn("tcp://127.0.0.1:*")
}

// keepDialling dials the sentinel, calls it and hangs up, for ever.
func (v *victim) keepDialling() {
	for n := 0; ; n++ {
		if v.dialOnce([]byte(strconv.Itoa(n))) {
			v.dials.Add(1)
		} else {
			v.bad.Add(1)
		}
		time.Sleep(dialEvery)
	}
}

func (v *victim) dialOnce(word []byte) bool {
	name := named(roleSentinel, v.config.Curve).claim
	if err := v.node.ConnectTo(name, v.config.Sentinel); err != nil {
		fmt.Fprintln(os.Stderr, "dial the sentinel:", err)
		return false
	}
	defer func() { _ = v.node.DisconnectFrom(name) }() // it is connected
	ctx, cancel := context.WithTimeout(context.Background(), dialPatience)
	defer cancel()
	for ctx.Err() == nil {
		var rows []struct {
			From  string
			Reply []byte
			Err   error
		}
		_, err := v.node.CallContext(ctx, []string{name}, "Sentinel.Echo", word, &rows)
		if err == nil && len(rows) == 1 && rows[0].Err == nil {
			if !bytes.Equal(rows[0].Reply, word) {
				v.lies.Add(1)
			}
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// keepAsking calls every peer, for ever, and decodes what they answer.
func (v *victim) keepAsking() {
	for {
		var rows []struct {
			From  string
			Reply []Wide
			Err   error
		}
		_ = v.node.Call(nil, "Peer.List", 1, &rows) // the peers' faults are what it is for
		time.Sleep(10 * time.Millisecond)
	}
}
