package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/bitmark-inc/bilateralrpc/tools/bounded"
)

// A hidden mistake is one that the hunts hardly find, if at all, and a search through
// everything that may happen does.
type hidden struct {
	id     string // in one of lists
	change string // what is changed, in a few words
	bounds string // a file of testdata/explore, without its extension
	chosen bool   // these bounds were written in the knowledge of the mistake
}

var hiddenOnes = []hidden{
	{"overload-before-duplicate", "whether there is room is asked before whether the request runs already", "mutants/one-place", true},
	{"early-requests-forgotten", "the ids run before a MEET are not added to those of the incarnation that it tells", "mutants/late-meet", true},
	{"same-life-after-forgetting", "what a node tells as its incarnation does not change with its memory of the peer", "mutants/forgotten-dialler", true},
	{"resent-to-another-life", "that the incarnation is the same is not asked before a CALL goes out again", "mutants/vanished-callee", true},
	{"drain-without-grace", "a drain ends with its last call, also before JOIN_TIME", "both-dial-and-call", false},
	{"meet-not-remembered", "the MEET of a listener does not count for the calls that went out before it", "ci/call-and-break", false},
	{"run-as-unrun", "the ids of calls that were not run and those of all others change places in a STAY", "kill/one-end-late", false},
}

// The pinned settings of hunts beside searches.
const (
	huntStarts   = 5    // campaigns, each with seeds of its own
	huntSeeds    = 1000 // of each model, after which a hunt gives up
	huntLimit    = 10 * time.Minute
	searchLimit  = 5 * time.Minute
	searchStates = 100_000
)

// search is what came of one.
type search struct {
	property      string // that was found broken; empty: none
	steps, states int    // to it, and seen
	complete      bool
}

// searched reads what bilsim explore prints first.
var searched = regexp.MustCompile(`(?m)^(?:ok|stop|FAIL) +\S+ +(?:(complete)|found (\S+) after (\d+) steps|stopped[^:]*): (\d+) states`)

func readSearch(output []byte) (s search, ok bool) {
	m := searched.FindSubmatch(output)
	if m == nil {
		return s, false
	}
	s.complete, s.property = len(m[1]) > 0, string(m[2])
	s.steps, _ = strconv.Atoi(string(m[3])) // empty where nothing is found
	s.states, _ = strconv.Atoi(string(m[4]))
	return s, true
}

// explored is what became of a hidden mistake.
type explored struct {
	hidden
	file    string // of core
	found   search // with the mistake
	healthy search // without it
	seeds   []int  // of each start of the hunt, in their order; over huntSeeds where it gave up
}

// explorer measures hidden mistakes. Its measurement builds the module.
type explorer struct {
	*measurement
	healthy map[string]search // by bounds
}

// newExplorer builds the healthy module, and has the hunts run on it: they must find nothing.
func newExplorer(dir string) (*explorer, error) {
	e := &explorer{&measurement{dir: dir, onlyHunt: true, limits: map[string]time.Duration{}}, map[string]search{}}
	if err := e.build(""); err != nil {
		return nil, err
	}
	if err := os.Rename(e.bilsim(), e.well()); err != nil {
		return nil, err
	}
	if seeds, err := e.hunt(e.well()); err != nil || slices.Min(seeds) <= huntSeeds {
		return nil, fmt.Errorf("the hunts find something in the healthy module, after seeds %v (error %v)", seeds, err)
	}
	return e, nil
}

func (e *explorer) bilsim() string { return filepath.Join(e.dir, "bilsim") }
func (e *explorer) well() string   { return filepath.Join(e.dir, "healthy") }

// do runs a command within bounds.
func do(limit time.Duration, args ...string) bounded.Run {
	c := bounded.Command{Args: args, CPU: limit}
	return c.Do()
}

// explore measures one. An error says what it has not come to.
func (e *explorer) explore(h hidden, x *mistake) (*explored, error) {
	r := &explored{hidden: h, file: x.file}
	text, err := x.apply(corePackage)
	if err != nil {
		return nil, err
	}
	if err := e.overlay(x, text); err != nil {
		return nil, err
	}
	if r.healthy, err = e.without(h.bounds); err != nil {
		return nil, err
	}
	story := filepath.Join(e.dir, "story.sim")
	if r.found, err = searchIn(e.bilsim(), h.bounds, "-o", story); err != nil {
		return nil, err
	}
	if r.found.property == "" {
		return nil, fmt.Errorf("%s: a search of %s finds nothing", h.id, h.bounds)
	}
	shows := regexp.MustCompile(`(?m)^` + r.found.property + `: `)
	if run := do(searchLimit, e.bilsim(), "run", story); run.Verdict != bounded.Failed || !shows.Match(run.Output) {
		return nil, fmt.Errorf("%s: the scenario of its search does not show it:\n%s", h.id, run.Output)
	}
	if run := do(searchLimit, e.well(), "run", story); run.Verdict != bounded.Passed {
		return nil, fmt.Errorf("%s: the healthy core does not pass the scenario of its search:\n%s", h.id, run.Output)
	}
	r.seeds, err = e.hunt(e.bilsim())
	return r, err
}

// without searches the healthy module, which must be complete.
func (e *explorer) without(bounds string) (search, error) {
	if s, is := e.healthy[bounds]; is {
		return s, nil
	}
	s, err := searchIn(e.well(), bounds)
	if err == nil && !s.complete {
		err = fmt.Errorf("the search of %s is not complete on the healthy core: %+v", bounds, s)
	}
	e.healthy[bounds] = s
	return s, err
}

// searchIn has a bilsim search a file of testdata/explore.
func searchIn(bilsim, bounds string, more ...string) (search, error) {
	args := append([]string{bilsim, "explore", "-q", "-states", strconv.Itoa(searchStates)}, more...)
	run := do(searchLimit, append(args, filepath.Join("testdata/explore", bounds+".sim"))...)
	s, ok := readSearch(run.Output)
	if !ok {
		return s, fmt.Errorf("explore %s: %v\n%s", bounds, run.Verdict, run.Output)
	}
	return s, nil
}

// hunt returns how many seeds each start of a hunt took until a property was violated in one
// of both models; huntSeeds and one more where none was.
func (e *explorer) hunt(bilsim string) ([]int, error) {
	var seeds []int
	for start := range huntStarts {
		least := huntSeeds + 1
		for _, model := range models {
			run := do(huntLimit, bilsim, "hunt", "-json", "-workers", "1", "-most", "1", "-vacuous", "0",
				"-campaign", fmt.Sprintf("explored-%d", start+1), "-seeds", fmt.Sprintf("0..%d", huntSeeds), "-model", model)
			if run.Verdict == bounded.RanAway {
				return nil, fmt.Errorf("a hunt reached its bound of time or memory:\n%s", run.Output)
			}
			if index, is := firstViolation(run.Output); is {
				least = min(least, index+1)
			} else if run.Verdict != bounded.Passed {
				return nil, fmt.Errorf("a hunt failed:\n%s", run.Output)
			}
		}
		seeds = append(seeds, least)
	}
	return seeds, nil
}

// firstViolation returns the index of the first seed in which a hunt has found something.
func firstViolation(output []byte) (index int, is bool) {
	for _, l := range huntLines(output) {
		if l.Type == "violation" {
			return l.Index, true
		}
	}
	return 0, false
}
