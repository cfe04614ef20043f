package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestKillSaysWhatItsDefectsAreCalled(t *testing.T) {
	var out, complaint bytes.Buffer
	if code := dispatch(&console{strings.NewReader(""), &out, &complaint, false}, []string{"kill", "-only", "K99"}); code != exitUsage {
		t.Errorf("exit status %d, want %d", code, exitUsage)
	}
	if !strings.Contains(complaint.String(), "K1 to K18") || out.Len() > 0 {
		t.Errorf("it printed %q and complained %q, which has to name the defects", &out, &complaint)
	}
}
