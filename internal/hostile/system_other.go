//go:build !linux

package main

import (
	"errors"
	"time"
)

func giveWay() error           { return errors.ErrUnsupported }
func cpuOf(int) time.Duration  { return 0 }
func cpuOfAll() time.Duration  { return 0 }
func filesMax() int            { return 1024 }
func setFilesMax(uint64) error { return errors.ErrUnsupported }
func resetPeak(int) error      { return errors.ErrUnsupported }
