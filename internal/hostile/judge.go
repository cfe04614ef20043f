package main

import "time"

// judgeState adds what is wrong with the node, apart from how long anything took.
func (r *row) judgeState() {
	if !r.alive && len(r.troubles) == 0 {
		r.trouble("the honest peer was not served during the attack")
	}
	if r.rise > memoryRiseMax && !raceEnabled {
		r.trouble("memory rose by %d MiB", r.rise>>20)
	}
	if r.lies > 0 {
		r.trouble("%d replies were not of the peer that was asked", r.lies)
	}
	if !r.recovered {
		r.trouble("the honest peer is not served as before within %v", recoverPatience)
	}
	if !r.dialled {
		r.trouble("the node could not dial, during the attack and after")
	}
}

// judgeService adds what is wrong with how the node served meanwhile. It depends on
// time, so a busy machine can fail it.
func (r *row) judgeService() {
	if served := r.during.servedShare(); served < shareMin {
		r.trouble("%.1f %% of the honest calls served at all", 100*served)
	}
	if share := r.share(); share < shareMin*r.machineShare() {
		r.trouble("%.1f %% of the honest calls within %v, %.1f %% at the bystander", 100*share, r.limit().Round(100*time.Microsecond), 100*r.machineShare())
	}
	if r.newcomer == 0 {
		r.trouble("no newcomer got in")
	}
	if r.dials == 0 {
		r.trouble("the node could not dial")
	}
	if rate := r.logRate(); rate > logRateMax {
		r.trouble("%d KiB/s of log", rate>>10)
	}
}

// logRate returns how many bytes a second were logged.
func (r *row) logRate() int64 {
	if r.lasted == 0 {
		return 0
	}
	return int64(float64(r.log) / r.lasted.Seconds())
}
