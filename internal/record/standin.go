package record

// standIns makes what stands in the place of bytes that were not kept: slices of the same
// length, each at an address of its own, by which an action that refers to one is known.
// Nobody looks into them, so that all lie in the same few zeroes.
type standIns struct {
	zeroes []byte
	next   int              // where the next one begins
	sums   map[*byte]uint64 // of those that were made, by their first byte
}

// standInsStep is how many at least have room in one slice of zeroes.
const standInsStep = 4096

// add makes one of n bytes.
func (s *standIns) add(n int, sum uint64) []byte {
	if n == 0 {
		return nil
	}
	if s.next+n > len(s.zeroes) {
		s.zeroes, s.next = make([]byte, n+standInsStep), 0
	}
	b := s.zeroes[s.next : s.next+n : s.next+n]
	if s.sums == nil {
		s.sums = map[*byte]uint64{}
	}
	s.sums[&b[0]] = sum
	s.next++
	return b
}

// sumOf returns the sum of one that was made.
func (s *standIns) sumOf(b []byte) (sum uint64, ok bool) {
	if len(b) == 0 {
		return 0, true
	}
	sum, ok = s.sums[&b[0]]
	return sum, ok
}
