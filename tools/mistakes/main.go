// Mistakes measures who would notice a mistake in core of the kind that a refactoring
// makes. Each of those in mistakes.txt is put into the core, one at a time, and meets the
// unit tests, the scenarios and a hunt, each by itself: a hunt that finds nothing where
// the unit tests do is too narrow, whatever the healthy core passes.
//
// A mistake that nothing notices, and one that the hunts miss, is said to be exercised or
// not: whether it changed what happened in any seed. One that is exercised lacks a
// property, one that is not an option of the swarm.
//
// Mistakes fails where one survives everything, or where the hunts find too few.
//
// With -explore it takes those that the hunts hardly find, and shows that bilsim explore
// does: docs/PROOFS.md has the table.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"time"
)

// huntedMin is the least number of mistakes that the hunts alone must find.
const huntedMin = 34

func main() {
	var o options
	flag.StringVar(&o.root, "root", "..", "the root of the module whose core gets the mistakes")
	flag.BoolVar(&o.write, "write", false, "write the part of docs/MUTATION.md, with -explore that of docs/PROOFS.md")
	flag.BoolVar(&o.explore, "explore", false, "have those searched for that hunts hardly find, in place of all others")
	flag.BoolVar(&o.hunt, "hunt", false, "run the hunts only")
	flag.IntVar(&o.seeds, "seeds", 2000, "seeds of each model in a hunt")
	flag.StringVar(&o.match, "match", "", "run only mistakes whose file and name match this regular expression")
	flag.Parse()
	if flag.NArg() > 0 || o.write && (o.hunt || o.match != "") {
		fmt.Fprintln(os.Stderr, "mistakes: no arguments, only flags, and -write only without -hunt and -match: -h lists them")
		os.Exit(2)
	}
	ok, err := o.run()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "mistakes:", err)
		os.Exit(2)
	case !ok:
		os.Exit(1)
	}
}

type options struct {
	root, match string
	write, hunt bool
	explore     bool
	seeds       int
}

// run does everything. It reports false if too much goes unnoticed.
func (o *options) run() (bool, error) {
	match, err := regexp.Compile(o.match)
	if err != nil {
		return false, err
	}
	list, known, err := readLists("mistakes")
	if err != nil {
		return false, fmt.Errorf("run me in tools/: %w", err)
	}
	if err := os.Chdir(o.root); err != nil {
		return false, err
	}
	dir, err := os.MkdirTemp("", "mistakes")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	if o.explore {
		return true, exploreAll(dir, known, match.MatchString, o.write)
	}
	began := time.Now()
	m, err := newMeasurement(dir, o.seeds, o.hunt)
	if err != nil {
		return false, err
	}
	r := &report{seeds: o.seeds, whole: o.match == "" && !o.hunt}
	for _, x := range list {
		if !match.MatchString(x.file + " " + x.id) {
			continue
		}
		res, err := m.measure(x)
		if err != nil {
			return false, err
		}
		r.results = append(r.results, res)
		fmt.Println(res)
	}
	r.took = time.Since(began)
	fmt.Println(r.summary())
	if o.write {
		if err := r.writeFile("docs/MUTATION.md"); err != nil {
			return false, err
		}
	}
	return r.good(), nil
}
