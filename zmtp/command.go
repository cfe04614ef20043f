package zmtp

// The commands of ZMTP and of its mechanisms that mean something to us.
const (
	cmdReady    = "READY"
	cmdError    = "ERROR"
	cmdHello    = "HELLO"
	cmdWelcome  = "WELCOME"
	cmdInitiate = "INITIATE"
	cmdMessage  = "MESSAGE"
	cmdPing     = "PING"
	cmdPong     = "PONG"
)

// reasonRefused is what ERROR says to a peer that is not admitted: the status
// of libzmq's own authentication. libzmq does not try again after it.
const reasonRefused = "400"

// appendCommand appends a command frame whose data has the given parts.
func appendCommand(dst []byte, name string, parts ...[]byte) []byte {
	length := 1 + len(name)
	for _, part := range parts {
		length += len(part)
	}
	dst = appendHeader(dst, flagCommand, length)
	dst = append(dst, byte(len(name)))
	dst = append(dst, name...)
	for _, part := range parts {
		dst = append(dst, part...)
	}
	return dst
}

// appendError appends the ERROR that refuses a peer.
func appendError(dst []byte) []byte {
	return appendCommand(dst, cmdError, []byte{byte(len(reasonRefused))}, []byte(reasonRefused))
}

// is says whether name, as cut from a frame, is that command. It does not allocate.
func is(name []byte, command string) bool { return string(name) == command }
