package nametest

import (
	"net"
	"net/netip"
	"slices"
	"testing"
)

func TestAnswer(t *testing.T) {
	want := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("::1")}
	Answer(t, want...)
	got, err := net.DefaultResolver.LookupNetIP(t.Context(), "ip", "several.example")
	for i := range got {
		got[i] = got[i].Unmap()
	}
	slices.SortFunc(got, netip.Addr.Compare)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
}
