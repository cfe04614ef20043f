package page

import "strings"

// What a page may be: artifacts of many runs are kept, and looked at on telephones.
const (
	BytesMax = 3_000_000
	stepsMax = 10_000
	stepsMin = 500
)

// Bounded returns the file of a page of less than BytesMax bytes. draw makes the page with
// so many steps of each run at most; of one that is too large it is asked for half as many,
// 500 at least.
func Bounded(draw func(steps uint64) (*Page, error)) (string, error) {
	for steps := uint64(stepsMax); ; steps /= 2 {
		p, err := draw(steps)
		if err != nil {
			return "", err
		}
		var b strings.Builder
		if err := Write(&b, p); err != nil || b.Len() < BytesMax || steps < 2*stepsMin {
			return b.String(), err
		}
	}
}
