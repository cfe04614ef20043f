//go:build !linux

package live

import (
	"errors"
	"time"
)

// Supported says whether this system tells what campaigns ask it.
const Supported = false

// Memory returns what a process occupies, in bytes: now, and at its peak.
func Memory(int) (now, peak int64, err error) { return 0, 0, errors.ErrUnsupported }

// Relaxed calls start. Processes that it starts may wake later than others.
func Relaxed(start func() error) error { return start() }

// Used returns how much time of processors this process has used, and those of its children that have ended.
func Used() time.Duration { return 0 }

// Waited returns how long each thread of this process has waited for a processor so far.
func Waited() map[int]time.Duration { return nil }

// Freeze stops the process without ending it, and Thaw lets it go on.
func (c *Child) Freeze() error { return errors.ErrUnsupported }

// Thaw ends Freeze.
func (c *Child) Thaw() error { return errors.ErrUnsupported }

func systemText() string { return "" }
func pageText() string   { return "" }
