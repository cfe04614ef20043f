// Package gobcodec writes and reads single gob values at a fraction of the cost
// of a fresh [gob.Encoder] and [gob.Decoder].
//
// Append gives the bytes that a fresh encoder writes for one value: the
// definitions of its types, then the value. Decode reads such bytes as a fresh
// decoder does. What makes a fresh one slow is that it describes, or compiles,
// the types each time. Here every type keeps a pool of encoders that have
// already sent its definitions, and for each run of definitions that peers have
// sent a pool of decoders that have already read it.
// Structs of nothing but numbers, strings and the like need neither: flat.go
// writes and reads their fields itself. Who knows the type in advance gets its
// [Codec] by [Of] and saves the look-up.
//
// Peers choose the bytes that Decode reads, so they are checked before
// encoding/gob sees them: see [ErrRefused] for what is refused, and limits.go for the bounds.
//
// Invariants:
//
//  1. The definitions of a type that holds no interface depend on the type
//     alone, never on the value. Types that hold one are called dynamic; their
//     definitions travel in the middle of the value, and they always go by a
//     fresh encoder and decoder.
//  2. An encoder or decoder that failed or panicked is never used again.
//  3. A decoder is only used for values that follow, byte for byte, the
//     definitions it has read.
//  4. No result refers to memory that is used again: what Append returns
//     belongs to the caller, and a decoded value shares nothing with its bytes.
//
// All functions are safe for concurrent use and none of them panics, whatever
// the bytes or the value, with one exception that is encoding/gob's own: a value
// that contains itself exhausts the stack when it is encoded.
package gobcodec
