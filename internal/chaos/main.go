package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/internal/live"
	"github.com/bitmark-inc/bilateralrpc/zmqio/libzmq"
)

func main() {
	switch played, err := roleMain(); {
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	case played:
		return
	}
	os.Exit(runMain())
}

// roleMain does what the environment says, if it says anything.
func roleMain() (played bool, err error) {
	if told := os.Getenv(envNode); told != "" {
		return true, nodeMain(told)
	}
	if told := os.Getenv(envSoak); told != "" {
		var transport string
		if err := json.Unmarshal([]byte(told), &transport); err != nil {
			return true, err
		}
		return true, soakNode(transport)
	}
	return false, nil
}

// options are those of the command line.
type options struct {
	run       *regexp.Regexp
	transport string
	seed      uint64
	faults    int // of each transport
	rigs      int // of each transport
	duration  time.Duration
	write     string
	soak      time.Duration
	untimed   bool // whether calls are back in time is not judged
}

func parseOptions() (o options, err error) {
	run := flag.String("run", "", "faults whose names match this regular expression")
	flag.StringVar(&o.transport, "transport", "", "zmtp or libzmq; both by default")
	flag.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()), "decides which faults befall which rig")
	flag.IntVar(&o.faults, "faults", 10_000, "how many, over all rigs and transports")
	flag.IntVar(&o.rigs, "rigs", rigsPerProcessor*runtime.GOMAXPROCS(0), "how many there are, over all transports")
	flag.DurationVar(&o.duration, "duration", 0, "end after so long, though there are faults left")
	flag.StringVar(&o.write, "write", "", "a document to put the table into")
	flag.DurationVar(&o.soak, "soak", 0, "put a node under load for so long instead")
	flag.Parse()
	o.run, err = regexp.Compile(*run)
	return o, err
}

// rigsPerProcessor is how many rigs a processor carries with more than half of its time left, for
// recoveries and starts; a rig takes about 3.5 % of one (docs/CHAOS.md).
const rigsPerProcessor = 12

// transportNames are those that a campaign runs over.
var transportNames = []string{"zmtp", "libzmq"}

// available says whether this build has the transport.
func available(transport string) bool {
	node, err := bilateralrpc.New(bilateralrpc.Config{Name: "probe", Transport: transportOf(transport)})
	if err != nil {
		return !errors.Is(err, libzmq.ErrUnavailable)
	}
	node.Close()
	return true
}

// transports returns those that the options select, and those left out.
func (o *options) transports() (names, without []string) {
	for _, name := range transportNames {
		switch {
		case o.transport != "" && o.transport != name:
		case !available(name):
			without = append(without, name)
		default:
			names = append(names, name)
		}
	}
	return names, without
}

// runMain does what the command line says and returns the program's exit code.
func runMain() int {
	o, err := parseOptions()
	if err == nil && !live.Supported {
		err = errors.New("it needs Linux")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		return 2
	}
	if o.soak > 0 {
		return soakMain(&o)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM) // then it ends in order
	context.AfterFunc(ctx, cancel)                                             // and at once if there is one more
	defer cancel()
	rigs, text, err := campaign(ctx, &o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		return 2
	}
	fmt.Print(text)
	if o.write != "" {
		if err := live.WriteInto(o.write, "make chaos WRITE=1", text); err != nil {
			fmt.Fprintln(os.Stderr, "chaos:", err)
			return 2
		}
	}
	if slices.ContainsFunc(rigs, func(r *rig) bool { return len(r.troubles) > 0 }) {
		return 1
	}
	return 0
}

// progressEvery is the time between two lines that say how far it is.
const progressEvery = 10 * time.Second

// campaign carries out the faults, or as many as there are before ctx ends, and returns the
// text that is for people.
func campaign(ctx context.Context, o *options) (rigs []*rig, text string, err error) {
	transports, without := o.transports()
	kinds := slices.DeleteFunc(slices.Clone(faults), func(f *fault) bool { return !o.run.MatchString(f.name) })
	if len(transports) == 0 || len(kinds) == 0 || o.rigs < 1 {
		return nil, "", errors.New("nothing to do: no transport, no fault that matches, or no rig")
	}
	again := fmt.Sprintf("make chaos ARGS='-seed %d -faults %d -rigs %d -transport %q -run %q'", o.seed, o.faults, o.rigs, o.transport, o.run)
	fmt.Println("The same again:", again)
	dir, err := os.MkdirTemp("", "chaos")
	if err != nil {
		return nil, "", err
	}
	defer os.RemoveAll(dir)
	if o.duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.duration)
		defer cancel()
	}
	began := time.Now()
	used := live.Used()
	starts := make(chan struct{}, runtime.GOMAXPROCS(0))
	var done atomic.Int64
	var all sync.WaitGroup
	var mu sync.Mutex
	for i := range o.rigs {
		transport := transports[i%len(transports)]
		share := o.faults*(i+1)/o.rigs - o.faults*i/o.rigs
		all.Go(func() {
			r := play(ctx, o, kinds, transport, i/len(transports), share, dir, starts, &done)
			mu.Lock()
			defer mu.Unlock()
			rigs = append(rigs, r)
		})
	}
	over := make(chan struct{})
	go func() {
		all.Wait()
		close(over)
	}()
	for waiting := true; waiting; {
		select {
		case <-over:
			waiting = false
		case <-time.After(progressEvery):
			fmt.Printf("%v: %d of %d faults; load %s\n", time.Since(began).Round(time.Second), done.Load(), o.faults, load())
		}
	}
	text = "\n" + live.Machine() + " " + summary(o, rigs, time.Since(began), live.Used()-used)
	if len(without) > 0 {
		text += " Not built in: " + strings.Join(without, ", ") + "."
	}
	text += "\n\n    " + again + "\n\n" + table(rigs) + "\n"
	return rigs, text, nil
}

// play runs one rig. As many begin at a time as starts has room for.
func play(ctx context.Context, o *options, kinds []*fault, transport string, number, share int, dir string, starts chan struct{}, done *atomic.Int64) *rig {
	starts <- struct{}{}
	r, err := newRig(o, transport, number, dir)
	if err == nil {
		r.await("the beginning", r.pairs(r.cables), time.Now(), processPatience)
	}
	<-starts
	defer r.close()
	if err != nil {
		r.trouble("%v", err)
		return r
	}
	for range share {
		if ctx.Err() != nil || len(r.troubles) >= troublesMax {
			break
		}
		f, hold := r.draw(kinds)
		hit, since, err := f.strike(r, hold)
		if err != nil {
			r.trouble("%v", err)
			break
		}
		r.recovered(f, r.pairs(hit), since)
		done.Add(1)
		time.Sleep(draw(r.dice, calmMax)) // it may be struck soon after it has come together, or a while later
	}
	return r
}

const (
	// calmMax is the longest time between a recovery and the next fault.
	calmMax = time.Second
	// troublesMax is after how many troubles a rig gives up.
	troublesMax = 20
)

// load returns the load of the machine: the averages of 1, 5 and 15 minutes.
func load() string {
	text, _ := os.ReadFile("/proc/loadavg") // what can't be read is left out
	return strings.Join(strings.Fields(string(text))[:3], " ")
}
