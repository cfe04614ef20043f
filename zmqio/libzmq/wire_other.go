//go:build cgo && libzmq && !linux

package libzmq

// wires finds nothing on this system: see the package's doc.
type wires struct{}

const cannotFind = true

func (*wires) open() error                 { return nil }
func (*wires) close()                      {}
func (*wires) find(int) (wire, error)      { return wire{}, errGone }
func (*wires) flow(*wire) (flow, error)    { return flow{}, errGone }
func (*wires) unread(*wire) (int64, error) { return 0, errGone }
func (*wires) shutdown(*wire)              {}
