//go:build !linux

package live

import "errors"

// Supported says whether this system tells what campaigns ask it.
const Supported = false

// Memory returns what a process occupies, in bytes: now, and at its peak.
func Memory(int) (now, peak int64, err error) { return 0, 0, errors.ErrUnsupported }

// Freeze stops the process without ending it, and Thaw lets it go on.
func (c *Child) Freeze() error { return errors.ErrUnsupported }

// Thaw ends Freeze.
func (c *Child) Thaw() error { return errors.ErrUnsupported }

func systemText() string { return "" }
func pageText() string   { return "" }
