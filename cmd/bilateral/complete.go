package main

import (
	"context"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// completePeer completes the first argument.
func (a *app) completePeer(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	known, err := a.readBook()
	if len(args) > 0 || err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return append(known.words(), everybody), cobra.ShellCompDirectiveNoFileComp
}

// completeMethod completes a peer and one of its methods, which it asks the peer for.
func (a *app) completeMethod(c *cobra.Command, args []string, start string) ([]string, cobra.ShellCompDirective) {
	if len(args) != 1 {
		return a.completePeer(c, args, start)
	}
	a.timeout = a.hurry
	ctx, cancel := a.bounded(c, false)
	defer cancel()
	return a.methodsOf(ctx, args[0]), cobra.ShellCompDirectiveNoFileComp
}

// methodsOf returns the names of the methods of peers, as far as they tell.
func (a *app) methodsOf(ctx context.Context, word string) []string {
	s, err := a.open(word)
	if err != nil {
		return nil
	}
	defer s.node.Close()
	up, _, err := s.settle(ctx)
	if err != nil {
		return nil
	}
	var names []string
	for _, answer := range s.ask(ctx, up) {
		if answer.err != nil {
			continue
		}
		for _, m := range answer.listing.Methods {
			names = append(names, clean(m.Name))
		}
	}
	return names
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_.,:/@%+=-]+$`)

// quoted returns a word as a shell takes it.
func quoted(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
