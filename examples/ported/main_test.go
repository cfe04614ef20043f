package main

import (
	"context"
	"strings"
	"testing"
	"time"
)

const want = `net/rpc:  7*8=56
net/rpc:  7/0: divide by zero
a server with Register:
  Call:   7*8=56 <nil>
  Call:   7/0: divide by zero
  One:    7*8=56
  One:    7/0: divide by zero
a server with Handle:
  Call:   7*8=56 <nil>
  Call:   7/0: divide by zero
  One:    7*8=56
  One:    7/0: divide by zero
`

func TestAllOfThemAnswerAlike(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out strings.Builder
	if err := run(ctx, &out); err != nil {
		t.Fatal(err)
	}
	if out.String() != want {
		t.Errorf("it said\n%s\nwant\n%s", &out, want)
	}
}
