package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

const want = `191 agents replied and 4 failed while 5 were at work
the visitor left, and the 5 have stopped
`

func TestAVisitorWhoLeavesStopsTheRest(t *testing.T) {
	var out strings.Builder
	if err := visit(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if out.String() != want {
		t.Errorf("it said\n%s\nwant\n%s", &out, want)
	}
}

// A visitor who stays sees every reply, and the event by which a browser knows the end.
func TestAStreamEnds(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, err := newCrew(ctx, 20, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	address, end, err := listen(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	replied, failed, err := read(ctx, address, 21) // the last one is that of "done"
	if err != nil || replied != 21 || failed != 0 {
		t.Errorf("%d replies and %d failures: %v", replied, failed, err)
	}

	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if got := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || got != "text/html; charset=utf-8" {
		t.Errorf("the page is %s, %q", response.Status, got)
	}
}
