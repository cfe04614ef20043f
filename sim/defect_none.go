//go:build !defects

package sim

// defects: this build has none.
func defects() []Defect { return nil }
