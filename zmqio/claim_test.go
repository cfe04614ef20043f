package zmqio

import "testing"

// What is small is not counted, and what is not small is counted from its first byte.
func TestAClaimCountsWhatIsNotSmall(t *testing.T) {
	t.Parallel()
	b := NewBudget(1<<20, 4<<20)
	c := claim{budget: b, peer: "p"}
	for _, step := range []struct {
		add, held int64
		refused   bool
	}{
		{SmallBytes, 0, false},
		{1, HeapBytes(SmallBytes + 1), false},
		{1 << 20, HeapBytes(SmallBytes + 1), true},
		{100 << 10, HeapBytes(SmallBytes + 1 + 100<<10), false},
	} {
		if err := c.add(step.add); (err != nil) != step.refused || b.Held() != step.held {
			t.Errorf("after %d bytes more: %v, and %d are held, want %d", step.add, err, b.Held(), step.held)
		}
	}
	c.release()
	if b.Held() != 0 || b.accounts.Len() != 0 {
		t.Errorf("%d bytes and %d accounts are left", b.Held(), b.accounts.Len())
	}
}
