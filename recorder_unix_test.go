//go:build unix

package bilateralrpc_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// recordedNode makes a node with a Recorder.
func recordedNode(t *testing.T, r *bilateralrpc.Recorder) (*bilateralrpc.Bilateral, error) {
	t.Helper()
	b, err := bilateralrpc.New(bilateralrpc.Config{Network: "network", Name: "n", Recorder: r})
	if err == nil {
		t.Cleanup(b.Close)
	}
	return b, err
}

func TestARecorderIsOfOneNode(t *testing.T) {
	r := bilateralrpc.NewRecorder(bilateralrpc.RecorderConfig{})
	var file bytes.Buffer
	if _, err := r.WriteTo(&file); err == nil || !strings.Contains(err.Error(), "no node") {
		t.Errorf("%v, want that there is no node yet", err)
	}
	b, err := recordedNode(t, r)
	if err != nil {
		t.Fatal(err)
	}
	if b.Recorder() != r {
		t.Error("the node does not give its recorder")
	}
	if _, err := recordedNode(t, r); err == nil || !strings.Contains(err.Error(), "one for each") {
		t.Errorf("%v, want that the recorder is another node's", err)
	}
	b.Close()
	if n, err := r.WriteTo(&file); err != nil || n != int64(file.Len()) || !strings.HasPrefix(file.String(), "bilateral recording 3\n") {
		t.Errorf("of a closed node: %d bytes, %v, %.30q", n, err, &file)
	}
	if plaintext(t, "other").Recorder() != nil {
		t.Error("a node without a recorder has one")
	}
}

func TestARecordingReplacesTheFileWhenItIsWhole(t *testing.T) {
	r := bilateralrpc.NewRecorder(bilateralrpc.RecorderConfig{})
	name := filepath.Join(t.TempDir(), "node.recording")
	if err := os.WriteFile(name, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteFile(name); err == nil {
		t.Fatal("a recording of no node")
	}
	if is, _ := os.ReadFile(name); string(is) != "before" {
		t.Fatalf("the file is %q", is)
	}
	if _, err := recordedNode(t, r); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteFile(name); err != nil {
		t.Fatal(err)
	}
	if is, _ := os.ReadFile(name); !strings.HasPrefix(string(is), "bilateral recording 3\n") {
		t.Fatalf("the file is %q", is)
	}
	if files, _ := os.ReadDir(filepath.Dir(name)); len(files) != 1 {
		t.Fatalf("%d files are left", len(files))
	}
}

func TestASignalWritesTheRecording(t *testing.T) {
	r := bilateralrpc.NewRecorder(bilateralrpc.RecorderConfig{})
	name := filepath.Join(t.TempDir(), "gone", "node.recording")
	failed := make(chan error, 1)
	stop := r.WriteFileOn(name, func(err error) { failed <- err }, syscall.SIGHUP)
	defer stop()
	raise := func() {
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	raise()
	select {
	case err := <-failed:
		if !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("%v, want that there is no such folder", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the signal was not noticed")
	}
	if _, err := recordedNode(t, r); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	raise()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(name); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the signal has written nothing")
		}
	}
	bilateralrpc.NewRecorder(bilateralrpc.RecorderConfig{}).WriteFileOn(name, nil)() // no signal is none, not all
}
