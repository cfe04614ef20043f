package service

import (
	"fmt"
	"log/slog"
	"reflect"
	"unicode"
	"unicode/utf8"

	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
)

// senderField is the field of an arguments struct that gets the sender's name.
const senderField = "Bilateral_SENDER"

// method is a method that is served. All but panics does not change once registered.
type method struct {
	name       string // without the service
	wireName   string // with it
	receiver   reflect.Value
	fn         reflect.Value // takes the receiver first
	args       reflect.Type  // of the value that is decoded
	argsCodec  *gobcodec.Codec
	pointer    bool            // the method takes a pointer to it
	reply      reflect.Type    // what the reply parameter points to
	replyCodec *gobcodec.Codec // of the pointer
	sender     []int           // index of senderField in the struct of args, or nil
	log        *slog.Logger
	panics     panicLog
}

// unsuitableMethod is an exported method that is not served, and why.
type unsuitableMethod struct {
	name, reason string
}

var errorType = reflect.TypeFor[error]()

// suitableMethods returns the methods of receiver that can be served, and the others.
func suitableMethods(receiver any, log *slog.Logger) (methods []*method, unsuitable []unsuitableMethod) {
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
	if t.NumIn() != 3 || t.IsVariadic() {
		return fmt.Sprintf("takes %d parameters: want two, args and *reply", t.NumIn()-1)
	}
	if args := t.In(1); !isExportedOrBuiltin(args) {
		return fmt.Sprintf("takes args of type %s: want an exported type", args)
	}
	reply := t.In(2)
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

func newMethod(receiver reflect.Value, m reflect.Method, log *slog.Logger) *method {
	args := m.Type.In(1)
	pointer := args.Kind() == reflect.Pointer
	if pointer {
		args = args.Elem()
	}
	return &method{
		name:       m.Name,
		receiver:   receiver,
		fn:         m.Func,
		args:       args,
		argsCodec:  gobcodec.Of(args),
		pointer:    pointer,
		reply:      m.Type.In(2).Elem(),
		replyCodec: gobcodec.Of(m.Type.In(2)),
		sender:     senderIndex(args),
		log:        log,
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
