//go:build unix

package reality

import "syscall"

// canPause says whether processes can be paused here.
const canPause = true

// pause stops the process without ending it.
func (p *process) pause() { _ = p.cmd.Process.Signal(syscall.SIGSTOP) } // it may have ended

// resume lets it go on.
func (p *process) resume() { _ = p.cmd.Process.Signal(syscall.SIGCONT) } // it may have ended
