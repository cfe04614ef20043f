//go:build !linux

package zmtpnet

// flow would tell what the other end has taken: see the package's doc.
func (l *link) flow() (acked, waiting int64) { return 0, 0 }

// taken would say whether the other end has acknowledged all that was written.
func (l *link) taken() bool { return true }
