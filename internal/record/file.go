package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// A file is
//
//	magic               "bilateral recording 3" and a line feed; 3 is the version
//	software            bytes: the version of the module that has written it
//	bodies              1 byte: 1 if the bytes of users are kept
//	written, epoch      varints: nanoseconds since 1970, UTC
//	silence             varint: nanoseconds
//	config              config.go
//	segments            1 byte: 1 or 2, the older one first, and for each
//	  gap               1 byte: 1 if events before it were not kept
//	  first             unsigned varint: how many events came before it
//	  snapshot, events  bytes
//
// where bytes have their length before them, an unsigned varint.
const (
	magic       = "bilateral recording "
	fileVersion = "3" // 1 had other sums, and 2 longer ones
)

// FileBytesMax bounds a file that is read.
const FileBytesMax = 1 << 30

// header is what a file begins with.
type header struct {
	Options
	About
	Software string
	Written  time.Time
	Config   core.Config // with its defaults
}

// appendFile appends a recording.
func appendFile(dst []byte, h *header, segments []segment) []byte {
	dst = append(dst, magic+fileVersion+"\n"...)
	dst = appendString(dst, software())
	dst = append(dst, byte(boolInt(h.Bodies)))
	for _, t := range [...]time.Time{h.Written, h.Epoch} {
		dst = binary.AppendVarint(dst, t.UnixNano())
	}
	dst = binary.AppendVarint(dst, int64(h.Silence))
	dst = appendConfig(dst, &h.Config)
	dst = append(dst, byte(len(segments)))
	for i := range segments {
		s := &segments[i]
		dst = append(dst, byte(boolInt(s.gap)))
		dst = binary.AppendUvarint(dst, s.first)
		dst = appendBytes(dst, s.bytes[:s.events])
		dst = appendBytes(dst, s.bytes[s.events:])
	}
	return dst
}

// software returns the version of this module in the program.
func software() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	const module = "github.com/bitmark-inc/bilateralrpc"
	if info.Main.Path == module {
		return info.Main.Version
	}
	for _, m := range info.Deps {
		if m.Path == module {
			return m.Version
		}
	}
	return ""
}

// Recording is what a file says of a node.
type Recording struct {
	Software string        // the version of this module that has written it; may be empty
	Bodies   bool          // the bytes of users are in it
	Written  time.Time     // when it was written
	Epoch    time.Time     // when the node's time began, by its clock
	Silence  time.Duration // after which its transport takes a connection for dead; zero: never
	Config   core.Config   // of the machine, with its defaults
	First    uint64        // how many events the machine had seen before the first that is kept

	segments []recorded
}

// recorded is a segment in a file.
type recorded struct {
	gap              bool
	first            uint64
	snapshot, events []byte
}

// ErrNoRecording says that a file is something else.
var ErrNoRecording = errors.New("not a recording of a node")

// Read reads a whole recording, of at most FileBytesMax bytes.
func Read(from io.Reader) (*Recording, error) {
	file, err := io.ReadAll(io.LimitReader(from, FileBytesMax+1))
	switch {
	case err != nil:
		return nil, err
	case len(file) > FileBytesMax:
		return nil, fmt.Errorf("%w: it has more than %d bytes", ErrNoRecording, FileBytesMax)
	}
	return Parse(file)
}

// Parse reads a recording, whose events go on to refer to file.
func Parse(file []byte) (*Recording, error) {
	text, ok := strings.CutPrefix(string(file[:min(len(file), 64)]), magic)
	if !ok {
		return nil, ErrNoRecording
	}
	version, _, ok := strings.Cut(text, "\n")
	if !ok || version != fileVersion {
		return nil, fmt.Errorf("%w that this version reads: it is of version %.20q, and this reads %s", ErrNoRecording, version, fileVersion)
	}
	d := &decoder{bytes: file[len(magic)+len(version)+1:]}
	r := &Recording{Software: string(d.sized()), Bodies: d.byte() == 1}
	r.Written, r.Epoch = time.Unix(0, d.int()).UTC(), time.Unix(0, d.int()).UTC()
	r.Silence = time.Duration(d.int())
	r.Config = d.config()
	n := d.byte()
	if d.err == nil && (n < 1 || n > 2) {
		d.fail(errTruncated)
	}
	for range n {
		r.segments = append(r.segments, recorded{d.byte() == 1, d.uint(), d.sized(), d.sized()})
	}
	if d.err == nil && len(d.bytes) > 0 {
		d.fail(errTruncated)
	}
	if d.err != nil {
		return nil, d.err
	}
	r.First = r.segments[0].first
	return r, checkConfig(&r.Config)
}

// The most that a Config may ask of who plays a recording: a machine of any Config is
// bounded by its limits, and these come from the file.
const (
	timersStepMost = 1 << 20
	bodyBytesMost  = 256 << 20
)

// checkConfig says what is wrong with a Config.
func checkConfig(c *core.Config) error {
	if _, err := core.New(*c); err != nil {
		return fmt.Errorf("the recording has a Config that no node has: %w", err)
	}
	if c.Limits.TimersStepMax > timersStepMost || c.Limits.BodyBytesMax > bodyBytesMost {
		return fmt.Errorf("the recording is of a node with limits beyond what is played: TimersStepMax %d (at most %d), BodyBytesMax %d (%d)",
			c.Limits.TimersStepMax, timersStepMost, c.Limits.BodyBytesMax, bodyBytesMost)
	}
	return nil
}
