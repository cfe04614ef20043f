//go:build !unix

package reality

// canPause says whether processes can be paused here.
const canPause = false

func (p *process) pause()  {}
func (p *process) resume() {}
