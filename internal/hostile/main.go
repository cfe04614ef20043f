package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/live"
)

func main() {
	switch played, err := roleMain(); {
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	case played:
		return
	}
	os.Exit(runSuite())
}

// options are those of the command line.
type options struct {
	run                  *regexp.Regexp
	transport, mechanism string
	duration             time.Duration
	write                string
	small                bool
}

func parseOptions() (o options, err error) {
	run := flag.String("run", "", "attacks whose names match this regular expression")
	flag.StringVar(&o.transport, "transport", "", "zmtp or libzmq; both by default")
	flag.StringVar(&o.mechanism, "mechanism", "", "null or curve; both by default")
	flag.DurationVar(&o.duration, "duration", 2*time.Second, "of each attack, once it is what it claims")
	flag.StringVar(&o.write, "write", "", "a document to put the table into")
	flag.BoolVar(&o.small, "small", false, "attacks of a tenth of their size")
	list := flag.Bool("list", false, "list the attacks")
	flag.Parse()
	if *list {
		for _, a := range attacks() {
			fmt.Printf("%-26s %s\n", a.Name, a.What)
		}
		os.Exit(0)
	}
	o.run, err = regexp.Compile(*run)
	return o, err
}

// plays returns what the options select, and the names of transports left out.
func (o *options) plays() (plays []play, without []string) {
	for _, transport := range transportNames {
		if o.transport != "" && o.transport != transport {
			continue
		}
		if !available(transport) {
			without = append(without, transport)
			continue
		}
		for _, mechanism := range []string{"null", "curve"} {
			if o.mechanism != "" && o.mechanism != mechanism {
				continue
			}
			for _, a := range attacks() {
				if o.run.MatchString(a.Name) && (a.Only == "" || a.Only == mechanism) {
					plays = append(plays, play{
						attack: a, transport: transport, curve: mechanism == "curve",
						small: o.small, quiet: 500 * time.Millisecond, duration: o.duration,
					})
				}
			}
		}
	}
	return plays, without
}

// runSuite carries out the attacks and returns the program's exit code.
func runSuite() int {
	o, err := parseOptions()
	if err == nil && !live.Supported {
		err = fmt.Errorf("the suite needs Linux: it reads memory in /proc")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "hostile:", err)
		return 2
	}
	plays, without := o.plays()
	if len(plays) == 0 {
		fmt.Fprintln(os.Stderr, "hostile: no attack matches")
		return 2
	}
	var cells [][]string
	failed := 0
	for i := range plays {
		r, err := plays[i].perform()
		if err != nil {
			r = &row{play: plays[i]}
			r.trouble("%v", err)
		} else {
			r.judgeState()
			r.judgeService()
		}
		if len(r.troubles) > 0 {
			failed++
		}
		cells = append(cells, r.cells())
		fmt.Printf("%3d/%d %s", i+1, len(plays), strings.Join(r.cells(), " | "))
		if r.note != "" {
			fmt.Printf("   # %s", r.note)
		}
		fmt.Println()
	}
	summary := fmt.Sprintf("%d of %d attacks failed.", failed, len(cells))
	if len(without) > 0 {
		summary += " Not built in: " + strings.Join(without, ", ") + "."
	}
	text := "\n" + live.Machine() + " " + summary + "\n\n" + live.Markdown(columns, cells) + "\n"
	fmt.Print(text)
	if o.write != "" {
		if err := live.WriteInto(o.write, "make hostile WRITE=1", text); err != nil {
			fmt.Fprintln(os.Stderr, "hostile:", err)
			return 2
		}
	}
	if failed > 0 {
		return 1
	}
	return 0
}
