package stream

// ignored says whether the altered byte with number i of what arrived is one that
// the protocol does not look at, so that the connection goes on as if it were not
// altered: parts of the greeting, HELLO's padding, and the flag of a MESSAGE's
// frame that is set by RFC 26 and not by libzmq.
func (p *pipe) ignored(i int) bool {
	was, is := p.wire[i], p.carried[i]
	if i < greetingBytes {
		return greetingByteIgnored(i, is)
	}
	if !p.conn.world.plan.Curve || p.writer().engine == nil {
		return false
	}
	// HELLO begins behind the greeting, with its header, name and version.
	const helloPaddingAt, helloPaddingBytes = greetingBytes + 2 + 6 + 2, 72
	if p.from == Dialling && i >= helloPaddingAt && i < helloPaddingAt+helloPaddingBytes {
		return true
	}
	return was&flagCommand == 0 && is == was|flagCommand && isHeader(p.wire, i)
}

// greetingByteIgnored says so of a byte of a greeting, whose value is now is.
func greetingByteIgnored(i int, is byte) bool {
	switch {
	case i == 0 || i >= 12 && i < 32: // signature; mechanism
		return false
	case i == 9: // signature: only its last bit is looked at
		return is&1 == 1
	case i == 10: // major version
		return is >= 3
	}
	return true
}
