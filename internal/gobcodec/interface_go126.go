//go:build go1.26

package gobcodec

// viaInterface is what encoding/gob allocates to look at a slice of a basic type.
const viaInterface = 0
