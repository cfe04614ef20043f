//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The program itself, as people start it: one process serves, another one calls, and Ctrl-C
// ends both.
func TestTheProgram(t *testing.T) {
	program := filepath.Join(t.TempDir(), "bilateral")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	serve := exec.Command(program, "serve", "echo", "--name", "echo", "-o", "json")
	out, err := serve.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	defer func() {
		if !ended {
			_ = serve.Process.Kill()
			_ = serve.Wait()
		}
	}()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var r ready
	if err := json.Unmarshal(line, &r); err != nil {
		t.Fatalf("%s: %v", line, err)
	}

	connect := "echo," + r.Addresses[0]
	got, err := exec.Command(program, "-t", patience, "-c", connect, "-o", "json", "call", "echo", "Echo.Echo", `{"Text":"hello"}`).Output()
	if want := `"reply":{"Text":"hello","From":"bilateral-`; err != nil || !strings.Contains(string(got), want) {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	var failed *exec.ExitError
	err = exec.Command(program, "-t", patience, "-c", connect, "call", "echo", "Echo.Wait", `{"Milliseconds":-1}`).Run()
	if failed, _ = err.(*exec.ExitError); failed == nil || failed.ExitCode() != exitFailed {
		t.Errorf("the handler's error is %v, want exit code %d", err, exitFailed)
	}

	watch := exec.Command(program, "-c", connect, "watch")
	events, err := watch.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := watch.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(events)
	if line, err := lines.ReadString('\n'); err != nil || !strings.Contains(line, "up echo") {
		t.Errorf("watch says %q, %v", line, err)
	}
	if err := serve.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err = serve.Wait(); err != nil {
		t.Errorf("serve ends with %v", err)
	}
	ended = true
	if line, err := lines.ReadString('\n'); err != nil || !strings.Contains(line, "down echo") {
		t.Errorf("watch says %q, %v", line, err)
	}
	if err := watch.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := watch.Wait(); err != nil {
		t.Errorf("watch ends with %v", err)
	}
}
