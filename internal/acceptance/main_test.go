package acceptance

import (
	"testing"

	"go.uber.org/goleak"
)

// No goroutine may be left by any test.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
