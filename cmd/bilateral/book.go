package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/cmd/bilateral/internal/dynamic"
)

// entry is a peer that the user has named.
type entry struct{ name, address, alias string }

// book has the peers that the user has named, in their order.
type book []entry

// everybody is the word for all peers.
const everybody = "all"

// readBook reads the peers of --connect and --peers.
func (a *app) readBook() (book, error) {
	var b book
	for _, text := range a.connect {
		comma := strings.LastIndexByte(text, ',') // no address has one
		if comma < 1 || comma == len(text)-1 {
			return nil, usage("--connect %q: want NAME,ADDRESS, such as 'alice,tcp://127.0.0.1:5555'", text)
		}
		b = append(b, entry{name: text[:comma], address: text[comma+1:]})
	}
	if a.peers != "" {
		text, err := os.ReadFile(a.peers)
		if err != nil {
			return nil, usage("the file of peers: %w", err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			fields := strings.Fields(line)
			if len(fields) == 0 || strings.HasPrefix(fields[0], "#") { // which no key begins with
				continue
			}
			if len(fields) < 2 {
				return nil, usage("%s, line %d: want NAME ADDRESS, and an ALIAS if you like", a.peers, i+1)
			}
			b = append(b, entry{fields[0], fields[1], strings.Join(fields[2:], " ")})
		}
	}
	return b, b.check()
}

// check says whether a word means two peers.
func (b book) check() error {
	seen := map[string]bool{}
	for _, e := range b {
		words := []string{e.name}
		if e.alias != "" && e.alias != e.name {
			words = append(words, e.alias)
		}
		for _, word := range words {
			switch {
			case word == everybody || strings.Contains(word, ","):
				return usage("a peer can't be called %q here: give it an alias, or another one", word)
			case seen[word]:
				return usage("two peers are called %q: name each once, with an alias of its own", word)
			}
			seen[word] = true
		}
	}
	return nil
}

// alias returns the alias of a peer, or "".
func (b book) alias(name string) string {
	for _, e := range b {
		if e.name == name {
			return e.alias
		}
	}
	return ""
}

// called returns what people call a peer.
func (b book) called(name string) string {
	if alias := b.alias(name); alias != "" {
		return alias
	}
	return name
}

// pick returns the peers that a PEER of the command line means. Names that are not in the
// book are legal where peers may come by themselves.
func (b book) pick(word string, others bool) (book, error) {
	if word == everybody {
		if len(b) == 0 && !others {
			return nil, usage("no peers are known: name them by --connect NAME,ADDRESS, or in a file by --peers FILE")
		}
		return b, nil
	}
	var picked book
	for name := range strings.SplitSeq(word, ",") {
		e, ok := b.find(name)
		if !ok && !others {
			return nil, b.unknown(name)
		}
		if !ok {
			e = entry{name: name}
		}
		picked = append(picked, e)
	}
	return picked, nil
}

func (b book) find(word string) (entry, bool) {
	for _, e := range b {
		if word != "" && (word == e.alias || word == e.name) {
			return e, true
		}
	}
	return entry{}, false
}

func (b book) words() []string {
	var words []string
	for _, e := range b {
		words = append(words, b.called(e.name))
	}
	return words
}

func (b book) unknown(word string) error {
	if len(b) == 0 {
		return usage("no peer %q is known: name it by --connect '%s,ADDRESS', or in a file by --peers FILE", word, word)
	}
	hint := fmt.Sprintf("known are %s", strings.Join(b.words(), ", "))
	if near := dynamic.Nearest(word, b.words()); near != "" {
		hint = fmt.Sprintf("do you mean %q?", near)
	}
	return usage("no peer %q is known: %s", word, hint)
}
