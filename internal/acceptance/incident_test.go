package acceptance

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/internal/incident"
	"github.com/bitmark-inc/bilateralrpc/internal/record"
	"github.com/bitmark-inc/bilateralrpc/internal/relay"
)

// keepRecordings names a folder that gets the recordings of TestAPartitionComesBack, by ZMTP
// in plaintext: testdata/recording is made with it.
const keepRecordings = "BILATERALRPC_RECORDINGS"

// The heartbeats of the nodes of an incident.
const incidentInterval, incidentTimeout = time.Second, 4 * time.Second

// cities are three nodes with recorders, of which tokyo reaches the others by cables.
type cities struct {
	names  [3]string // on the wire, of london, paris and tokyo
	nodes  [3]*bilateralrpc.Bilateral
	cables [2]*relay.Relay
}

func newCities(t *testing.T, tr transportCase, curve bool) *cities {
	t.Helper()
	c := &cities{names: [3]string{"london", "paris", "tokyo"}}
	for i := range c.nodes {
		config := bilateralrpc.Config{
			Network: "cities", Name: c.names[i], Transport: tr.transport, Timing: cableTiming,
			HeartbeatInterval: incidentInterval, HeartbeatTimeout: incidentTimeout, HandshakeTimeout: time.Second,
			Recorder: bilateralrpc.NewRecorder(bilateralrpc.RecorderConfig{PanicFile: "none"}),
		}
		if curve {
			config.PublicKey, config.PrivateKey = keypair(t)
			config.Name, c.names[i] = "", config.PublicKey
		}
		c.nodes[i] = mustNew(t, config)
		openDesk(t, c.nodes[i], tr.wildcard)
	}
	connect(t, c.nodes[1], c.names[0], c.nodes[0])
	for i := range c.cables {
		c.cables[i] = relay.New(t, c.nodes[i].ListenAddresses()[0])
		if err := c.nodes[2].ConnectTo(c.names[i], c.cables[i].Address()); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// wait waits until the nodes have so many peers.
func (c *cities) wait(t *testing.T, peers ...int) {
	t.Helper()
	eventually(t, "peers that come and go", func() bool {
		for i, n := range peers {
			active := 0
			for _, p := range c.nodes[i].Peers() {
				if p.Active {
					active++
				}
			}
			if active != n {
				return false
			}
		}
		return true
	})
}

// heartbeats waits until the cables have carried some in each direction: over libzmq it is by the
// first that an end promises not to be silent.
func (c *cities) heartbeats(t *testing.T) {
	t.Helper()
	for idle := time.Now(); time.Since(idle) < 3*incidentInterval; {
		for _, cable := range c.cables {
			if !cable.Wait(1, patience) {
				t.Fatal("a cable carries no heartbeats")
			}
		}
	}
}

// recordings returns what the nodes have recorded.
func (c *cities) recordings(t *testing.T) (files []incident.File) {
	t.Helper()
	for i, b := range c.nodes {
		var file bytes.Buffer
		if _, err := b.Recorder().WriteTo(&file); err != nil {
			t.Fatal(err)
		}
		if dir := os.Getenv(keepRecordings); dir != "" && strings.HasSuffix(t.Name(), "zmtp/null") {
			if err := os.WriteFile(filepath.Join(dir, c.names[i]+".recording"), file.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r, err := record.Read(&file)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, incident.File{Name: c.names[i], Recording: r})
	}
	return files
}

// One of three nodes is cut off for a while. The recordings of the three say so: between
// whom, from when, and until when.
func TestAPartitionComesBack(t *testing.T) {
	eachSocket(t, func(t *testing.T, tr transportCase, curve bool) {
		c := newCities(t, tr, curve)
		began := time.Now()
		c.wait(t, 2, 2, 2)
		call := func(want int) {
			var rows []deskRow
			if err := c.nodes[0].Call(nil, "Desk.Upper", DeskArgs{Text: "x"}, &rows, patience); err != nil || len(rows) != want {
				t.Errorf("%d rows, %v, want %d", len(rows), err, want)
			}
		}
		call(2)
		c.heartbeats(t)
		cut := time.Since(began)
		for _, cable := range c.cables {
			cable.Stall()
		}
		c.wait(t, 1, 1, 0)
		call(1)
		healed := time.Since(began)
		for _, cable := range c.cables {
			cable.Resume()
		}
		c.wait(t, 2, 2, 2)
		call(2)
		x, err := incident.Merge(c.recordings(t))
		if err != nil {
			t.Fatal(err)
		}
		names := c.names
		for i := range names {
			if curve {
				names[i] = strconv.Quote(names[i])
			}
		}
		want := "partition {" + names[0] + " " + names[1] + "} | {" + names[2] + "}"
		const silence, slack = incidentInterval + incidentTimeout, 2 * time.Second
		found := 0
		for _, f := range x.Faults {
			switch {
			case strings.HasPrefix(f.Text, "pause"), strings.HasPrefix(f.Text, "clog") && f.For < slack: // a machine that is too busy
			case f.Text != want:
				t.Errorf("the recordings imply %q (%s), want %q", f.Text, f.Why, want)
			default:
				found++
				if f.At < cut-silence-slack || f.At > healed || f.At+f.For < healed-slack {
					t.Errorf("from %v to %v, want from %v to %v", f.At, f.At+f.For, cut, healed)
				}
			}
		}
		if found != 1 {
			t.Errorf("%d partitions, want one; the scenario:\n%s", found, x.Scenario)
		}
	})
}
