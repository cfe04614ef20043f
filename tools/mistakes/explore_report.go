package main

import (
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/tools/section"
)

// exploreAll measures every hidden mistake that match names, and writes the table into
// docs/PROOFS.md if write says so.
func exploreAll(dir string, known map[string]*mistake, match func(string) bool, write bool) error {
	began := time.Now()
	e, err := newExplorer(dir)
	if err != nil {
		return err
	}
	var rows strings.Builder
	for _, h := range hiddenOnes {
		if !match(h.id) {
			continue
		}
		x := known[h.id]
		if x == nil {
			return fmt.Errorf("no mistake is called %s: %v have their names", h.id, lists)
		}
		r, err := e.explore(h, x)
		if err != nil {
			return err
		}
		rows.WriteString(r.row())
		fmt.Print(r.row())
	}
	fmt.Printf("all are found, in %v\n", time.Since(began).Round(time.Second))
	if !write {
		return nil
	}
	machine, err := exec.Command("scripts/machine").Output()
	if err != nil {
		return fmt.Errorf("scripts/machine: %w", err)
	}
	return section.Write("docs/PROOFS.md", "explored", fmt.Sprintf(explorePreface, huntSeeds, huntStarts, machine, rows.String()))
}

// row is the mistake's row of the table.
func (r *explored) row() string {
	bounds := "`" + r.bounds + "`"
	if !r.chosen {
		bounds += ", not chosen for it"
	}
	var each []string
	for _, n := range r.seeds {
		each = append(each, seedsText(n))
	}
	sorted := slices.Sorted(slices.Values(r.seeds))
	return fmt.Sprintf("| %s %s: %s | %s | %s | %d | %d | %d | %s (%s) |\n", r.file, r.id, r.change, bounds,
		r.found.property, r.found.steps, r.found.states, r.healthy.states, seedsText(sorted[len(sorted)/2]), strings.Join(each, ", "))
}

func seedsText(n int) string {
	if n > huntSeeds {
		return "none"
	}
	return strconv.Itoa(n)
}

const explorePreface = `
Written by ` + "`cd tools && go run ./mistakes -explore -write`; `make proofs`" + ` measures it again, and fails if one is not found, if its scenario does not show it by itself or the healthy core does not
pass that, or if a search of the healthy core is not complete. Each is built with ` + "`go build -overlay`" + `. *Seeds of the hunt* are those until a property is violated in one of both models, as in the matrix above: the median
of the starts, each of which has seeds of its own, and in brackets each of them; *none* is none in %d seeds of each model. There are %d starts, the same for all. On the same seeds the hunts find nothing in the healthy core.

` + "```\n%s```" + `

| change of the core | bounds | found by | steps | states | healthy core: states | seeds of the hunt |
|---|---|---|---|---|---|---|
%s`
