// Bench compares the speed of bilateralrpc with that of other ways to call a
// function in another process of the same machine.
//
// Every contender does the same job (see contender) in two processes over TCP on
// loopback. The contenders take turns, round by round, so that a slow moment of
// the machine hits all of them; what is printed is the median over the rounds,
// and its ratio to net/rpc's.
package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	serve := flag.String("serve", "", "be the served end of this contender (used by bench itself)")
	rounds := flag.Int("rounds", 5, "how often each contender has its turn")
	span := flag.Duration("for", time.Second, "how long each measurement lasts")
	callersFlag := flag.String("callers", "1,16,64,256", "numbers of concurrent callers")
	links := flag.String("links", "", "measure hubs with these numbers of links instead: bare connections, zmtp, in memory")
	guarding := flag.Bool("guard", false, "fail if a third of the speed is gone, beside net/rpc and bare in the same minute")
	only := flag.String("only", strings.Join(contenderNames(), ","), "the contenders")
	flag.Parse()
	if *serve != "" {
		c, err := contenderNamed(*serve)
		if err != nil {
			return err
		}
		return runChild(c)
	}
	var chosen []contender
	for name := range strings.SplitSeq(*only, ",") {
		c, err := contenderNamed(name)
		if err != nil {
			return err
		}
		chosen = append(chosen, c)
	}
	switch {
	case *links != "":
		return runLinks(*links)
	case *guarding:
		return guard(os.Stdout)
	}
	callers, err := numbers("-callers", *callersFlag)
	if err != nil {
		return err
	}
	results, err := compare(chosen, callers, max(1, *rounds), *span)
	if err != nil {
		return err
	}
	fmt.Printf("\nmedians of %d rounds of %v\n\n", max(1, *rounds), *span)
	print(os.Stdout, chosen, callers, results)
	return nil
}

// numbers reads the numbers of a flag.
func numbers(name, list string) (all []int, err error) {
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%s %q: want numbers above zero, separated by commas", name, list)
		}
		all = append(all, n)
	}
	return all, nil
}

// runLinks measures a star of each number of links, over each transport and by bare connections.
func runLinks(list string) error {
	counts, err := numbers("-links", list)
	if err != nil {
		return err
	}
	var rows []linksRow
	for _, transport := range []string{"bare", "zmtp", "memory"} {
		for _, n := range counts {
			n = linksPossible(transport, n)
			fmt.Fprintf(os.Stderr, "%d links, %s\n", n, transport)
			row, err := measureLinks(transport, n)
			if err != nil {
				return fmt.Errorf("%d links, %s: %w", n, transport, err)
			}
			rows = append(rows, row)
		}
	}
	printLinks(os.Stdout, rows)
	return nil
}

// compare lets the contenders take turns, and returns their samples by name and
// number of callers.
func compare(chosen []contender, callers []int, rounds int, span time.Duration) (results, error) {
	r := results{}
	for round := range rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d:", round+1, rounds)
		for i := range chosen {
			c := chosen[(i+round)%len(chosen)] // nobody is always first
			fmt.Fprintf(os.Stderr, " %s", c.name)
			samples, err := measure(c, callers, span)
			if err != nil {
				fmt.Fprintln(os.Stderr)
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			r.add(c.name, samples)
		}
		fmt.Fprintln(os.Stderr)
	}
	return r, nil
}
