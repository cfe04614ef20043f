package main

import "time"

func writeAgreement(file string, runs []*realRun, p *realPlan, took time.Duration) error { return nil }
