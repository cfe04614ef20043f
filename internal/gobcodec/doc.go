// Package gobcodec writes and reads single gob values at a fraction of the cost
// of a fresh [gob.Encoder] and [gob.Decoder].
//
// Append gives the bytes that a fresh encoder writes for one value: the
// definitions of its types, then the value. Decode reads such bytes as a fresh
// decoder does. A fresh one is slow because it describes, or compiles, the types
// each time. Here every type keeps a pool of encoders that have
// already sent its definitions, and for each run of definitions that peers have
// sent a pool of decoders that have already read it.
// Values of types without interfaces, and without types that encode themselves but for
// time.Time, need neither once their definitions are known: write.go and read.go
// take them apart and put them together by the plan that is made of the definitions for
// the walk below, and run.go does so for slices of the commonest types without reflection;
// text.go writes what is nothing but a string. Where encoding/gob would have an error
// to tell, and for all other types, they leave the value to it.
// A caller that knows the type in advance
// gets its [Codec] by [Of] and saves the look-up.
//
// Peers choose the bytes that Decode reads, so they are walked before encoding/gob
// sees them. That walk (check.go) refuses what is not borne out by the bytes: see
// [ErrRefused], and limits.go for the bounds. It also adds up what the value will
// occupy, by a plan (plan.go) that is compiled once for a local type and a run of
// definitions (compile.go), from what the runtime takes for objects (sizes.go) and maps (maps.go).
// [Codec.Cost] returns the sum, [DecodeMax] refuses a value whose sum is over a limit,
// and [Codec.DecodeCharged] tells it to a budget before anything is allocated.
// [Codec.AppendCharged] does the same for a value and its encoding (sizing.go), and has
// large values go through a gate (charge.go).
//
// Invariants:
//
//  1. The definitions of a type that holds no interface depend on the type
//     alone, never on the value. Types that hold one are called dynamic; their
//     definitions travel in the middle of the value, and they always go by a
//     fresh encoder and decoder. They are walked all the same (dynamic.go).
//  2. An encoder or decoder that failed or panicked is never used again.
//  3. A decoder is only used for values that follow, byte for byte, the
//     definitions it has read.
//  4. No result refers to memory that is used again: what Append returns
//     belongs to the caller, and a decoded value shares nothing with its bytes.
//  5. No byte of a value reaches a decoder before the walk has seen it and the cost
//     of the whole value has been taken from the budget. The exception is an empty
//     value of each type that is met in an interface for the first time, to learn its type. A small value that is
//     read by read.go is walked while it is read: roughMax is taken from the budget in advance, and
//     when that is spent the value is walked, and read, anew.
//  6. A value costs at least what is allocated to decode it, garbage included.
//
// All functions are safe for concurrent use and none of them panics, whatever
// the bytes or the value, with one exception that is encoding/gob's own: a value
// that contains itself exhausts the stack when it is encoded.
package gobcodec
