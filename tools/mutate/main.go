// Mutate measures how well the tests of core would notice a mistake in it. It
// makes thousands of small mistakes (mutants), one at a time, and runs the tests
// against each: one that no test notices has survived.
//
// All mutants are compiled into one copy of the module, each behind a number, and
// the environment variable MUTANT chooses the one that is active: two builds
// serve thousands of runs. A run is bounded in the CPU time and memory it may
// use; one that reaches a bound is counted apart, never as killed.
//
// Every survivor needs a reason in reasons.txt. Mutate fails where one has none,
// or where less than 85 % of the mutants are killed.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

// killedMin is the least share of mutants, in per cent, that the tests must kill.
const killedMin = 85

const mutatedPackage = "core"

func main() {
	var o options
	flag.StringVar(&o.root, "root", "..", "the root of the module whose core is mutated")
	flag.BoolVar(&o.write, "write", false, "write docs/MUTATION.md")
	flag.BoolVar(&o.list, "list", false, "list the mutants, run none")
	flag.StringVar(&o.match, "match", "", "run only mutants whose line in the list matches this regular expression")
	flag.StringVar(&o.resume, "resume", "", "go on from the verdicts in this file, and add to it: what was killed is not run again; delete it where a test was taken away or made weaker")
	flag.StringVar(&o.keep, "keep", "", "build in this directory, which must not exist, and keep it")
	flag.IntVar(&o.workers, "workers", 2, "runs at a time")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "mutate: no arguments, only flags: -h lists them")
		os.Exit(2)
	}
	ok, err := o.run()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(2)
	case !ok:
		os.Exit(1)
	}
}

type options struct {
	root        string
	write, list bool
	match       string
	keep        string
	resume      string
	workers     int
}

// run does everything. It reports false if the tests are not good enough.
func (o *options) run() (bool, error) {
	match, err := regexp.Compile(o.match)
	if err != nil {
		return false, err
	}
	reasons, err := readReasons("mutate/reasons.txt")
	if err != nil {
		return false, fmt.Errorf("run me in tools/: %w", err)
	}
	if err := os.Chdir(o.root); err != nil {
		return false, err
	}
	pkg, err := Mutate(mutatedPackage)
	if err != nil {
		return false, err
	}
	var chosen []*Mutant
	for _, m := range pkg.Mutants {
		if match.MatchString(m.String()) {
			chosen = append(chosen, m)
		}
	}
	if o.list {
		for _, m := range chosen {
			fmt.Printf("%d\t%v\n", m.ID, m)
		}
		return true, nil
	}
	dir := o.keep
	if dir == "" {
		temp, err := os.MkdirTemp("", "mutate")
		if err != nil {
			return false, err
		}
		defer os.RemoveAll(temp)
		dir = filepath.Join(temp, "module")
	}
	var rec *record
	if o.resume != "" {
		if rec, err = openRecord(o.resume); err != nil {
			return false, err
		}
		defer rec.file.Close()
	}
	began := time.Now()
	tests, err := newSuite(dir, pkg, o.workers)
	if err != nil {
		return false, err
	}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	results, err := tests.runAll(chosen, rec, interrupted)
	if err != nil {
		return false, err
	}
	r := newReport(results, reasons, tests, time.Since(began), o.match == "")
	r.print(os.Stdout)
	if o.write {
		if err := r.writeFile("docs/MUTATION.md"); err != nil {
			return false, err
		}
	}
	return r.good(), nil
}
