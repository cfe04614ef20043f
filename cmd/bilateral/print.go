package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Names, texts and errors come from peers: what they could do to a terminal is not shown.

// clean returns a text without characters that a terminal would obey.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || r == '\n' || r == '\t' {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

// json says that the user wants JSON.
func (a *app) json() bool { return a.output == "json" }

// line writes one line of JSON.
func (a *app) line(value any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // keys have such characters, and nothing here is HTML
	if err := e.Encode(value); err != nil {
		return err
	}
	return a.write(b.String())
}

// write writes a whole result: those of several peers come at once.
func (a *app) write(text string) error {
	a.writing.Lock()
	defer a.writing.Unlock()
	a.erase()
	_, err := io.WriteString(a.out, text)
	return err
}

// text writes a text for people.
func (a *app) text(format string, args ...any) error {
	return a.write(clean(fmt.Sprintf(format, args...)))
}

// note tells people something beside the result.
func (a *app) note(format string, args ...any) {
	a.writing.Lock()
	defer a.writing.Unlock()
	a.erase()
	fmt.Fprintln(a.err, clean(fmt.Sprintf(format, args...)))
}

// textOf returns the text of an error without the name of the library.
func textOf(err error) string { return strings.ReplaceAll(err.Error(), "bilateralrpc: ", "") }

// trouble is an error in JSON.
type trouble struct {
	Kind string `json:"kind"`
	Code string `json:"code,omitempty"` // of the handler's own
	Text string `json:"text"`
}
