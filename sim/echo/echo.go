// Package echo has the methods that every node of a simulated world has, and the
// arguments that its users call them with.
//
// The arguments name the call that they belong to, and the reply of [Ping] names
// the node that served it. Hence a handler that runs twice, and a reply to
// another call or of another node, are noticed by what they carry.
package echo

// The methods. Any other one is one that no node has.
const (
	Ping = "Echo.Ping" // replies as AppendReply says
	Fail = "Echo.Fail" // returns an error, whose text is as long as its arguments were padded
)

// Serve runs a method at a node. It returns the reply value or the error text;
// found is false for a method that no node has.
func Serve(node string, method, args []byte) (reply, err []byte, found bool) {
	switch string(method) {
	case Ping:
		return AppendReply(nil, node, args), nil, true
	case Fail:
		return nil, append([]byte("failed as asked"), args[min(len(args), argsBytes):]...), true
	}
	return nil, nil, false
}

// Has says whether every node has the method.
func Has(method []byte) bool { return string(method) == Ping || string(method) == Fail }

// AppendReply appends what [Ping] replies to args at a node.
func AppendReply(dst []byte, node string, args []byte) []byte {
	dst = append(dst, node...)
	dst = append(dst, '|')
	return append(dst, args...)
}

// The form of arguments: a tag, one byte that says whether the call may run
// again, the number of the call, most significant byte first, and padding.
const (
	tag       = 't'
	once      = 'o'
	again     = 'a'
	argsBytes = 2 + 8
	padding   = '.'
)

// AppendArgs appends the arguments of a call, padded to size bytes if they have less.
// The call's number is unique in a world.
func AppendArgs(dst []byte, call uint64, idempotent bool, size int) []byte {
	kind := byte(once)
	if idempotent {
		kind = again
	}
	dst = append(dst, tag, kind)
	for shift := 56; shift >= 0; shift -= 8 {
		dst = append(dst, byte(call>>shift))
	}
	for range size - argsBytes {
		dst = append(dst, padding)
	}
	return dst
}

// AppendHead appends the head of a call, of size bytes: it names the call as far as it
// has room.
func AppendHead(dst []byte, call uint64, size int) []byte {
	for i := range size {
		if shift := 8 * (size - 1 - i); shift < 64 {
			dst = append(dst, byte(call>>shift))
		} else {
			dst = append(dst, padding)
		}
	}
	return dst
}

// AppendReplyHead appends the head of the reply to a request whose head that is: each
// byte is turned around.
func AppendReplyHead(dst, head []byte) []byte {
	for _, b := range head {
		dst = append(dst, ^b)
	}
	return dst
}

// ParseArgs reads the arguments of a call; ok is false if AppendArgs did not make
// them, as with a request that a fault made up.
func ParseArgs(args []byte) (call uint64, idempotent, ok bool) {
	if len(args) < argsBytes || args[0] != tag || args[1] != once && args[1] != again {
		return 0, false, false
	}
	for _, b := range args[2:argsBytes] {
		call = call<<8 | uint64(b)
	}
	for _, b := range args[argsBytes:] {
		if b != padding {
			return 0, false, false
		}
	}
	return call, args[1] == again, true
}
