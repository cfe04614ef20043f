package live

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

func TestRelaxedProcessesHaveSlack(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	slack := func() string {
		text, err := exec.Command("cat", "/proc/self/timerslack_ns").Output()
		if err != nil {
			t.Skip(err)
		}
		return strings.TrimSpace(string(text))
	}
	before, relaxed := slack(), ""
	_ = Relaxed(func() error { relaxed = slack(); return nil })
	if relaxed != "1000000" || slack() != before {
		t.Errorf("the slack of a process is %s ns, %s before and %s after", relaxed, before, slack())
	}
}

func TestThreadsTellHowLongTheyWaited(t *testing.T) {
	waited := Waited()
	if _, ok := waited[os.Getpid()]; !ok { // the number of the first thread
		t.Errorf("the first thread is not in %v", waited)
	}
	for thread, d := range waited {
		if d < 0 {
			t.Errorf("thread %d has waited %v", thread, d)
		}
	}
}

func TestUsedTimeRises(t *testing.T) {
	before := Used()
	if before <= 0 {
		t.Errorf("%v used so far", before)
	}
	for Used() == before { // which uses some
	}
}
