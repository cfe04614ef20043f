package zmtp

// Frames of megabytes are copied, authenticated and masked piece by piece. Where assembly does
// so at once, Go can't take the processor from it, and whoever waits for all goroutines to
// stop, as each collection of garbage does, waits for that.

// pieceBytes is the length of a piece: 10 us of copying where memory is fast, some 50 of authentication.
const pieceBytes = 64 << 10

// appendPieces is append(dst, src...), piece by piece, for a dst that has the room.
func appendPieces(dst, src []byte) []byte {
	for len(src) > pieceBytes {
		dst = appendPiece(dst, src[:pieceBytes])
		src = src[pieceBytes:]
	}
	return append(dst, src...)
}

// appendPiece is a function of its own, as Go takes the processor where a function begins.
//
//go:noinline
func appendPiece(dst, src []byte) []byte { return append(dst, src...) }

// pauseBytes is how much is authenticated or masked before Config.Pause is called: some half a millisecond's.
const pauseBytes = 8 * pieceBytes

// worked pauses if done, the bytes of a frame since the last pause, is much, and returns
// what it is from there on.
func (b *box) worked(done int) int {
	if done < pauseBytes {
		return done
	}
	if b.pause != nil {
		b.pause()
	}
	return 0
}
