package service

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
)

// senderField is the field of an arguments struct that gets the sender's name.
const senderField = "Bilateral_SENDER"

// Method is a method that is served. It does not change once registered.
type Method struct {
	name       string       // without the service
	wireName   string       // with it
	args       reflect.Type // of the value that is decoded
	argsCodec  *gobcodec.Codec
	reply      reflect.Type    // what a reply is a pointer to
	replyCodec *gobcodec.Codec // of the pointer
	sender     []int           // index of senderField in the struct of args, or nil
	log        *slog.Logger

	// run is that of a Handler. Without one it is a receiver's method, to which the rest
	// belongs.
	run          func(ctx context.Context, args, reply any) error
	exchanges    sync.Pool    // of *exchange, empty: those of run
	pair         reflect.Type // of args and reply, to be made at once; nil if they are large
	receiver     reflect.Value
	fn           reflect.Value // takes the receiver first
	direct       directCall    // does without fn, or is nil
	takesContext bool          // before the arguments
	pointer      bool          // it takes a pointer to the arguments
}

// Handler serves one method, without reflection.
type Handler struct {
	Name        string       // Service.Method
	Args, Reply reflect.Type // of the values, not of pointers to them
	// Run gets a pointer to the arguments and one to the reply, which is zero. It must not
	// keep the pointers: what they point to is used again. It may keep what that refers to.
	Run func(ctx context.Context, args, reply any) error
}

func (h *Handler) method(name string, log *slog.Logger) *Method {
	return &Method{
		name:       name,
		wireName:   h.Name,
		args:       h.Args,
		argsCodec:  gobcodec.Of(h.Args),
		reply:      h.Reply,
		replyCodec: gobcodec.Of(reflect.PointerTo(h.Reply)),
		sender:     senderIndex(h.Args),
		log:        log,
		run:        h.Run,
	}
}

// Name is the name on the wire.
func (m *Method) Name() string { return m.wireName }

// TakesContext says whether the method looks at the context of a request.
func (m *Method) TakesContext() bool { return m.takesContext || m.run != nil }

// unsuitableMethod is an exported method that is not served, and why.
type unsuitableMethod struct {
	name, reason string
}

var (
	errorType   = reflect.TypeFor[error]()
	contextType = reflect.TypeFor[context.Context]()
)

// wantMethod is what a suitable method looks like.
const wantMethod = "M(args, *reply) error or M(ctx, args, *reply) error"

// suitableMethods returns the methods of receiver that can be served, and the others.
func suitableMethods(receiver any, log *slog.Logger) (methods []*Method, unsuitable []unsuitableMethod) {
	v := reflect.ValueOf(receiver)
	t := v.Type()
	for i := range t.NumMethod() {
		m := t.Method(i)
		if reason := whyUnsuitable(m.Type); reason != "" {
			unsuitable = append(unsuitable, unsuitableMethod{m.Name, reason})
			continue
		}
		methods = append(methods, newMethod(v, m, log))
	}
	return methods, unsuitable
}

// countSuitable returns how many methods of t could be served.
func countSuitable(t reflect.Type) int {
	n := 0
	for i := range t.NumMethod() {
		if whyUnsuitable(t.Method(i).Type) == "" {
			n++
		}
	}
	return n
}

// whyUnsuitable says why a method of type t, which takes its receiver first,
// can't be served, or "".
func whyUnsuitable(t reflect.Type) string {
	first := 1
	if takesContext(t) {
		first = 2
	}
	if t.NumIn() != first+2 || t.IsVariadic() {
		return fmt.Sprintf("takes %d parameters: want two, args and *reply, behind a context.Context or not", t.NumIn()-1)
	}
	if args := t.In(first); !isExportedOrBuiltin(args) {
		return fmt.Sprintf("takes args of type %s: want an exported type", args)
	}
	reply := t.In(first + 1)
	if reply.Kind() != reflect.Pointer {
		return fmt.Sprintf("takes a reply of type %s: want a pointer", reply)
	}
	if !isExportedOrBuiltin(reply) {
		return fmt.Sprintf("takes a reply of type %s: want an exported type", reply)
	}
	if t.NumOut() != 1 || t.Out(0) != errorType {
		return "does not return exactly an error"
	}
	return ""
}

// takesContext says whether a method of type t, which takes its receiver first, takes a
// context next. One that takes nothing else but a reply has it for its arguments, as
// unsuitable as they are.
func takesContext(t reflect.Type) bool { return t.NumIn() > 1 && t.In(1) == contextType }

func newMethod(receiver reflect.Value, m reflect.Method, log *slog.Logger) *Method {
	withContext := takesContext(m.Type)
	first := 1
	if withContext {
		first = 2
	}
	args, reply := m.Type.In(first), m.Type.In(first+1)
	pointer := args.Kind() == reflect.Pointer
	if pointer {
		args = args.Elem()
	}
	return &Method{
		name:         m.Name,
		args:         args,
		argsCodec:    gobcodec.Of(args),
		reply:        reply.Elem(),
		replyCodec:   gobcodec.Of(reply),
		sender:       senderIndex(args),
		log:          log,
		receiver:     receiver,
		fn:           m.Func,
		direct:       directOf(receiver, m),
		takesContext: withContext,
		pointer:      pointer,
		pair:         pairOf(args, reply.Elem()),
	}
}

// pairBytesMax bounds arguments, and a reply, that are made as one object: who keeps one of
// them keeps both.
const pairBytesMax = 256

// pairOf returns the type of a struct of the two types, or nil if one is large.
func pairOf(args, reply reflect.Type) reflect.Type {
	if args.Size() > pairBytesMax || reply.Size() > pairBytesMax {
		return nil
	}
	return reflect.StructOf([]reflect.StructField{{Name: "Args", Type: args}, {Name: "Reply", Type: reply}})
}

// exchange is the arguments of a request, and its reply.
type exchange struct {
	args, reply reflect.Value // pointers
	pooled      *exchange     // the same, if it is to be used again
}

// begin fills in e, which is zero, as an empty exchange. It is to be given back to end.
func (m *Method) begin(e *exchange) {
	switch {
	case m.run != nil:
		pooled, ok := m.exchanges.Get().(*exchange)
		if !ok {
			pooled = &exchange{args: reflect.New(m.args), reply: reflect.New(m.reply)}
			pooled.pooled = pooled
		}
		*e = *pooled
	case m.pair != nil: // for each request a new one, because a handler may keep it
		pair := reflect.New(m.pair).Elem()
		e.args, e.reply = pair.Field(0).Addr(), pair.Field(1).Addr()
	default:
		e.args, e.reply = reflect.New(m.args), reflect.New(m.reply)
	}
}

// end has e used again, if it may be. Nothing of the request stays in it.
func (m *Method) end(e *exchange) {
	if e.pooled != nil {
		e.args.Elem().SetZero()
		e.reply.Elem().SetZero()
		m.exchanges.Put(e.pooled)
	}
}

// senderIndex returns where in args, or in what it points to, the sender's name
// goes, or nil.
func senderIndex(args reflect.Type) []int {
	for args.Kind() == reflect.Pointer {
		args = args.Elem()
	}
	if args.Kind() != reflect.Struct {
		return nil
	}
	f, ok := args.FieldByName(senderField)
	if !ok || f.Type.Kind() != reflect.String {
		return nil
	}
	return f.Index
}

// indirectionsMax bounds the pointers to a parameter's type, because a type can
// be a pointer to itself.
const indirectionsMax = 8

// isExportedOrBuiltin says whether programs elsewhere can name t, or what it
// points to.
func isExportedOrBuiltin(t reflect.Type) bool {
	for n := 0; t.Kind() == reflect.Pointer; n++ {
		if n == indirectionsMax {
			return false
		}
		t = t.Elem()
	}
	return t.PkgPath() == "" || isExportedName(t.Name())
}

func isExportedName(name string) bool {
	first, _ := utf8.DecodeRuneInString(name)
	return unicode.IsUpper(first)
}
