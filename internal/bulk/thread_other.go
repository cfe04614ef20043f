//go:build !linux

package bulk

import "time"

// Thread would be a thread of the process.
type Thread int

// CurrentThread returns no particular one.
func CurrentThread() Thread { return 0 }

// Used can't be told here.
func (t Thread) Used() (used time.Duration, ok bool) { return 0, false }

// ProcessUsed can't be told here.
func ProcessUsed() (used time.Duration, ok bool) { return 0, false }
