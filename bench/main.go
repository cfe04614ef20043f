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
	var callers []int
	for text := range strings.SplitSeq(*callersFlag, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("-callers %q: want numbers above zero, separated by commas", *callersFlag)
		}
		callers = append(callers, n)
	}
	results, err := compare(chosen, callers, max(1, *rounds), *span)
	if err != nil {
		return err
	}
	fmt.Printf("\nmedians of %d rounds of %v\n\n", max(1, *rounds), *span)
	print(os.Stdout, chosen, callers, results)
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
