package core

// Command is the first frame of a message: what the sender wants.
type Command uint8

// The commands. JOIN to BACK are those of the original protocol; MEET, VOID and WITH
// are ours, and an original ignores them.
const (
	Unknown Command = iota // anything else on the wire; dropped and counted
	JOIN                   // dialler: let me in; the payload is the network's name
	STAY                   // listener: you are served from now on
	PART                   // listener (and, between ours, the dialler): this link is over
	TICK                   // dialler: are you there
	TOCK                   // listener: I am; echoes the TICK's payload
	CALL                   // run a method and send BACK
	CAST                   // run a method and send nothing
	BACK                   // the reply to a CALL
	MEET                   // extensions: the incarnation that speaks (PROTOCOL 8.2)
	VOID                   // extensions: the reply to that CALL is no longer wanted (PROTOCOL 8.5)
	WITH                   // extensions: a CALL, CAST or BACK, and its head (PROTOCOL 8.7)
	commandCount
)

var commandNames = [commandCount]string{
	Unknown: "????", JOIN: "JOIN", STAY: "STAY", PART: "PART", TICK: "TICK", TOCK: "TOCK",
	CALL: "CALL", CAST: "CAST", BACK: "BACK", MEET: "MEET", VOID: "VOID", WITH: "WITH",
}

// String returns the command as it stands on the wire, and "????" for Unknown.
func (c Command) String() string {
	if c < commandCount {
		return commandNames[c]
	}
	return commandNames[Unknown]
}

// ParseCommand reads a command frame. Commands are four ASCII bytes and
// case-sensitive; anything else is Unknown.
func ParseCommand(frame []byte) Command {
	switch string(frame) { // does not allocate
	case "JOIN":
		return JOIN
	case "STAY":
		return STAY
	case "PART":
		return PART
	case "TICK":
		return TICK
	case "TOCK":
		return TOCK
	case "CALL":
		return CALL
	case "CAST":
		return CAST
	case "BACK":
		return BACK
	case "MEET":
		return MEET
	case "VOID":
		return VOID
	case "WITH":
		return WITH
	}
	return Unknown
}
