package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// completions are the scripts for shells. Each asks bilsim itself what may come next.
func completions(shell string) (string, bool) {
	switch shell {
	case "bash":
		return `_bilsim() {
  local IFS=$'\n'
  COMPREPLY=($(compgen -W "$(bilsim complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _bilsim bilsim
`, true
	case "zsh":
		return `#compdef bilsim
_bilsim() {
  local -a words_
  words_=("${(@f)$(bilsim complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -a words_
  _files
}
compdef _bilsim bilsim
`, true
	case "fish":
		return `complete -c bilsim -a '(bilsim complete -- (commandline -opc)[2..] (commandline -ct))'
`, true
	}
	return "", false
}

// completion prints the script of a shell, to be sourced by it.
func completion(c *console, args []string) (int, error) {
	if len(args) == 1 {
		if script, ok := completions(args[0]); ok {
			fmt.Fprint(c.out, script)
			return exitFine, nil
		}
	}
	return 0, errors.New("name a shell: bash, zsh or fish. For bash: source <(bilsim completion bash)")
}

var flagLine = regexp.MustCompile(`(?m)^  (-[a-z]+)`)

// complete prints the words that may stand in the place of the last argument, one a
// line; files are the shell's own matter.
func complete(c *console, args []string) (int, error) {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	var words []string
	switch {
	case len(args) < 2:
		for _, cmd := range commands() {
			words = append(words, cmd.name)
		}
	case args[0] == "completion":
		words = []string{"bash", "zsh", "fish"}
	case len(args) > 2 && args[len(args)-2] == "-model":
		words = []string{"physical", "adversarial"}
	case strings.HasPrefix(args[len(args)-1], "-"):
		words = flagsOf(args[0])
	}
	for _, w := range words {
		if len(args) == 0 || strings.HasPrefix(w, args[len(args)-1]) {
			fmt.Fprintln(c.out, w)
		}
	}
	return exitFine, nil
}

// flagsOf returns the flags of a command, which its help lists.
func flagsOf(command string) []string {
	var help bytes.Buffer
	(&console{in: strings.NewReader(""), out: io.Discard, err: &help}).run([]string{command, "-h"})
	var flags []string
	for _, m := range flagLine.FindAllStringSubmatch(help.String(), -1) {
		flags = append(flags, m[1])
	}
	return flags
}
