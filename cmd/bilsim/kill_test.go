package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

func TestKillWithoutTheDefectsSaysHowToBuildThem(t *testing.T) {
	if sim.Defects() != nil {
		t.Skip("this build has the defects")
	}
	var out, complaint bytes.Buffer
	if code := dispatch(&console{strings.NewReader(""), &out, &complaint, false}, []string{"kill"}); code != exitUsage {
		t.Errorf("exit status %d, want %d", code, exitUsage)
	}
	if !strings.Contains(complaint.String(), "make kill") || out.Len() > 0 {
		t.Errorf("it printed %q and complained %q, which has to name make kill", &out, &complaint)
	}
}
