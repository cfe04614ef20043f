//go:build !bilsimdefects

package main

import "errors"

// kill needs the defects, which no ordinary build contains.
func kill(*console, []string) (int, error) {
	return 0, errors.New("this bilsim was built without the known defects: use \"make kill\", or go run ./cmd/bilsim/defects")
}
