package bilateralrpc

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/bitmark-inc/bilateralrpc/internal/record"
)

// A Recorder is a node's flight recorder: it keeps what the node's protocol was told of
// late (frames that came in, connections that came and went, calls, replies, and the time
// of each) in a bounded amount of memory. What it writes is a recording, which
// "bilsim replay-record" does again, step by step, and of several of which "bilsim
// merge-records" makes a scenario: docs/INCIDENT.md leads through that.
//
// Names of peers, addresses, methods and times are in it. Arguments, replies, metadata and
// the texts of errors are there as lengths, and as hashes with a key that is never written
// (small texts of errors and metadata are in the memory of the process until then); private
// keys are not in it at all.
//
// All methods may be called concurrently.
type Recorder struct{ recorder *record.Recorder }

// RecorderConfig is what NewRecorder makes a Recorder from. Every field may be left zero.
type RecorderConfig struct {
	// Bytes bounds its memory: 4 MiB, 64 KiB at least and 1 GiB at most. An event takes some 55 bytes, and a
	// call is two events at each end. From half of the memory to all of it is history. It
	// begins with the state of the node, which takes 200 bytes to 4 KiB for each peer and has
	// to fit in a quarter.
	Bytes int
	// Bodies has arguments, replies, metadata and the texts of errors kept as they are, which
	// takes memory for them.
	Bodies bool
	// PanicFile is written if the protocol itself panics, which is a fault of this package,
	// before that goes on: the process mostly ends of it. "" is
	// bilateralrpc-panic-PID.recording in the folder for temporary files, "none" no file.
	PanicFile string
}

// recorderBytesMin is room for the state of a small node and a thousand events.
const recorderBytesMin = 64 << 10

// NewRecorder returns a Recorder for the Config of one node. A second node with it is an
// error of New.
func NewRecorder(config RecorderConfig) *Recorder {
	if config.Bytes != 0 {
		config.Bytes = max(config.Bytes, recorderBytesMin)
	}
	options := record.Options{Bytes: config.Bytes, Bodies: config.Bodies, PanicFile: config.PanicFile}
	switch options.PanicFile {
	case "":
		options.PanicFile = filepath.Join(os.TempDir(), fmt.Sprintf("bilateralrpc-panic-%d.recording", os.Getpid()))
	case "none":
		options.PanicFile = ""
	}
	return &Recorder{record.New(options)}
}

// ofDriver returns what the driver records with, nil of nil.
func (r *Recorder) ofDriver() *record.Recorder {
	if r == nil {
		return nil
	}
	return r.recorder
}

// WriteTo writes a recording of what was kept until now, and goes on. It may be called at any
// time, also when the node is closed. The node waits for as long as it takes to copy
// RecorderConfig.Bytes. An error is that of w, or says that there is no node yet, or that
// the state of the node has no room in the memory.
func (r *Recorder) WriteTo(w io.Writer) (int64, error) {
	n, err := r.recorder.WriteTo(w)
	if err != nil {
		err = fmt.Errorf("bilateralrpc: the recording: %w", err)
	}
	return n, err
}

// WriteFile is WriteTo for a file of that name, which only this user can read. If there is
// one, it is replaced when the new one is whole.
func (r *Recorder) WriteFile(name string) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".recording")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = r.WriteTo(f); err != nil {
		_ = f.Close()
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// WriteFileOn calls WriteFile each time one of the signals arrives, until stop is called,
// which waits for a file that is being written. What goes wrong is told to failed, on a
// goroutine of its own; nil tells nobody. With no signal there is nothing to wait for.
func (r *Recorder) WriteFileOn(name string, failed func(error), signals ...os.Signal) (stop func()) {
	if len(signals) == 0 {
		return func() {} // to signal.Notify it would mean all of them
	}
	arrived, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(arrived, signals...)
	go func() {
		defer close(done)
		for range arrived {
			if err := r.WriteFile(name); err != nil && failed != nil {
				failed(err)
			}
		}
	}()
	return func() {
		signal.Stop(arrived)
		close(arrived)
		<-done
	}
}

// Recorder returns Config.Recorder, nil if the node has none.
func (b *Bilateral) Recorder() *Recorder { return b.recorder }
