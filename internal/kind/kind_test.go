package kind_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/internal/kind"
)

// every is all kinds but Dropped, which is two of them.
var every = []error{
	kind.ErrOverloaded, kind.ErrNoService, kind.ErrNoMethod, kind.ErrBadArguments, kind.ErrPanicked, kind.ErrBadReply, kind.ErrReplyLost, kind.ErrLeaving,
}

// The texts are those that nodes send, word for word: of this version and of earlier ones,
// and of net/rpc, whose errors a handler may pass on.
func TestTheKindsOfTexts(t *testing.T) {
	for text, want := range map[string][]error{
		"overloaded: too many requests are being served":                              {kind.ErrOverloaded},
		"overloaded: no memory is left for the peer":                                  {kind.ErrOverloaded},
		"overloaded: too much to do: no memory is left for the peer":                  {kind.ErrOverloaded},
		"overloaded: no memory is left for the arguments of A.B":                      {kind.ErrOverloaded},
		"overloaded: the handler has run, but no memory is left for the reply":        {kind.ErrOverloaded, kind.ErrReplyLost},
		"overloaded: the handler has run, but no memory is left for the reply of A.B": {kind.ErrOverloaded, kind.ErrReplyLost},
		"this call has been run already, or may have been; its reply is lost":         {kind.ErrReplyLost},
		`no such service: "A"`: {kind.ErrNoService},
		`no such service: "A" is not of the form Service.Method`: {kind.ErrNoService},
		"this node serves no methods":                            {kind.ErrNoService},
		"rpc: can't find service A.B":                            {kind.ErrNoService},
		"rpc: service/method request ill-formed: A":              {kind.ErrNoService},
		`no such method: "A.B"`:                                  {kind.ErrNoMethod},
		"the request can't be decoded: no method name":           {kind.ErrNoMethod},
		"the method name is too long":                            {kind.ErrNoMethod},
		"rpc: can't find method A.B":                             {kind.ErrNoMethod},
		"can't decode the arguments of A.B: unexpected EOF":      {kind.ErrBadArguments},
		"handler panicked: A.B":                                  {kind.ErrPanicked},
		"the handler panicked: bang":                             {kind.ErrPanicked},
		"the handler ended without a reply":                      {kind.ErrPanicked},
		"can't encode the reply of A.B: gob":                     {kind.ErrBadReply},
		"the reply has 2000 bytes, more than this node sends":    {kind.ErrBadReply},
		"the node is closing":                                    {kind.ErrLeaving},
		"divide by zero":                                         nil,
		"the reply has been refused":                             nil,
		"overloadedness":                                         nil,
		"":                                                       nil,
	} {
		got := kind.OfText(text)
		for _, k := range every {
			wanted := false
			for _, w := range want {
				wanted = wanted || w == k
			}
			if is := errors.Is(got, k); is != wanted {
				t.Errorf("%q: is %q: %v, want %v", text, k, is, wanted)
			}
		}
		if code := kind.CodeOf(got); (code == "") != (want == nil) || kind.OfCode(code) != got {
			t.Errorf("%q: its code %q is that of %v", text, code, kind.OfCode(code))
		}
	}
}

// Codes go by the wire: they stay what they are.
func TestTheCodesOfKinds(t *testing.T) {
	for code, want := range map[string]error{
		"_overloaded": kind.ErrOverloaded, "_reply-dropped": kind.ErrDropped, "_reply-lost": kind.ErrReplyLost,
		"_no-service": kind.ErrNoService, "_no-method": kind.ErrNoMethod, "_bad-arguments": kind.ErrBadArguments,
		"_panicked": kind.ErrPanicked, "_bad-reply": kind.ErrBadReply, "_leaving": kind.ErrLeaving,
	} {
		if got := kind.OfCode(code); got != want {
			t.Errorf("%s is %v, want %v", code, got, want)
		}
		if got := kind.CodeOf(fmt.Errorf("more: %w", want)); got != code {
			t.Errorf("the code of %v is %q, want %q", want, got, code)
		}
	}
	for _, code := range []string{"", "_", "_unheard-of", "overloaded"} {
		if got := kind.OfCode(code); got != nil {
			t.Errorf("%q is %v, want no kind", code, got)
		}
	}
	if got := kind.CodeOf(errors.New("no luck")); got != "" {
		t.Errorf("an error of no kind has the code %q", got)
	}
}
