// Package report holds what a run of a simulated world is told by: the property
// that did not hold, the lines of its trace, its digest, what it has met.
package report

import (
	"strconv"
	"time"
)

// A Property is something that always holds, or a bound on when it does.
type Property struct {
	ID    string // such as P1, short enough for a table
	Claim string // in English, as a sentence
	Means string // what it is good for, for those who don't know the protocol; may be empty
}

// Expected is the property of every world that a scenario brings along.
var Expected = Property{
	ID: "E", Claim: "What the scenario expects happens.",
	Means: "The scenario says itself what has to come of it, in a line that begins with expect. That did not come.",
}

// A Violation is a property that did not hold.
type Violation struct {
	Property Property      // the one that did not hold
	At       time.Duration // since the start of the world
	Step     uint64        // of the world, from 1
	What     string        // what was seen, with names and times
}

// Error returns the violation in one line.
func (v *Violation) Error() string {
	return v.Property.ID + " at " + string(AppendTime(nil, v.At)) + ": " + v.What
}

// AppendTime writes seconds with nine decimals, so that lines sort.
func AppendTime(dst []byte, t time.Duration) []byte {
	dst = strconv.AppendInt(dst, int64(t/time.Second), 10)
	dst = append(dst, '.')
	rest := int64(t % time.Second)
	for unit := int64(100_000_000); unit > 0; unit /= 10 {
		dst = append(dst, byte('0'+rest/unit%10))
	}
	return append(dst, 's')
}
