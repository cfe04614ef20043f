package service

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"reflect"

	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
)

// Payer is whom the memory of a request is charged to, and the gate for what is large of it.
type Payer interface {
	gobcodec.Charger
	gobcodec.Gate
}

// Call runs m with arguments decoded from args, and appends the encoded reply to dst.
// sender is the authenticated name of the peer that asks. ctx is for methods that take
// one, and may be nil for others.
//
// After an error dst is returned as it was. The error is a [Failure]. Args is not
// retained. Call is as concurrent as its callers are.
//
// payer, unless it is nil, is told how many bytes the arguments are about to take,
// before they do; if it returns an error they are not decoded, and Call returns
// ErrOverloaded. It may be called several times, on the goroutine of Call, and the
// bytes add up; whoever counts them has them back when the request is done. Likewise
// it is told of the reply's value and of what it takes to encode it, before that; the
// error is then ErrReplyOverloaded. Its gate is gone through to decode large arguments, and
// to encode large replies.
func (r *Registry) Call(ctx context.Context, m *Method, dst []byte, sender string, args []byte, payer Payer) (reply []byte, err error) {
	var e exchange
	m.begin(&e)
	if err := r.run(ctx, m, &e, sender, args, payer); err != nil {
		m.end(&e)
		return dst, err // PROTOCOL 7.6: "An error BACK carries the error text and no reply value."
	}
	reply, err = r.appendReply(m, dst, e.reply, sender, payer)
	m.end(&e)
	if err != nil {
		return dst, replyError(m, err)
	}
	return reply, nil
}

// Cast is Call for a request that nobody awaits: the reply is dropped.
func (r *Registry) Cast(ctx context.Context, m *Method, sender string, args []byte, payer Payer) error {
	var e exchange
	m.begin(&e)
	err := r.run(ctx, m, &e, sender, args, payer)
	m.end(&e)
	return err
}

func (r *Registry) argsBytesMax() int64 { return orUnlimited(r.ValueBytesMax) }

func (r *Registry) replyBytesMax() int64 { return orUnlimited(r.ReplyBytesMax) }

func orUnlimited(max int64) int64 {
	if max == 0 {
		return math.MaxInt64 / 4 // it may be added to another, and doubled
	}
	return max
}

// run decodes the arguments and calls the handler.
func (r *Registry) run(ctx context.Context, m *Method, e *exchange, sender string, args []byte, payer Payer) error {
	if err := r.decode(m, sender, args, e.args.Elem(), payer); err != nil {
		return argsError(m, err)
	}
	if m.sender != nil {
		setSender(e.args, m.sender, sender)
	}
	return m.invoke(ctx, sender, e)
}

// decode decodes the arguments. Large ones are work for the gate, unless that would run
// code of the program, which may wait for whoever is behind it there.
func (r *Registry) decode(m *Method, sender string, args []byte, target reflect.Value, payer Payer) error {
	if payer == nil {
		return m.argsCodec.DecodeCharged(args, target, r.argsBytesMax(), nil)
	}
	if len(args) >= bulk.Bytes && !m.argsCodec.RunsUserCode() {
		payer.Enter(sender)
		defer payer.Leave()
	}
	return m.argsCodec.DecodeCharged(args, target, r.argsBytesMax(), payer)
}

// argsError returns the error for arguments that were not decoded. What charger said
// is the business of this process.
func argsError(m *Method, err error) error {
	var refused *gobcodec.ChargeError
	if errors.As(err, &refused) {
		return failure(ErrOverloaded, "overloaded: no memory is left for the arguments of %s", m.wireName)
	}
	return failure(ErrArgs, "can't decode the arguments of %s: %v", m.wireName, err)
}

// replyError returns the error for a reply that was not encoded.
func replyError(m *Method, err error) error {
	var refused *gobcodec.ChargeError
	if errors.As(err, &refused) {
		return failure(ErrReplyOverloaded, "overloaded: the handler has run, but no memory is left for the reply of %s", m.wireName)
	}
	return failure(ErrReply, "can't encode the reply of %s: %v", m.wireName, err)
}

// invoke calls the handler for sender. A panic becomes an error; its stack goes to the log
// only, since it tells of this process.
func (m *Method) invoke(ctx context.Context, sender string, e *exchange) (err error) {
	defer func() {
		if p := recover(); p != nil {
			logPanic(m.log, "handler panicked", sender, m.wireName, p)
			err = failure(ErrPanicked, "handler panicked: %s", m.wireName)
		}
	}()
	var cause error
	if m.run != nil {
		cause = m.run(ctx, e.args.Interface(), e.reply.Interface())
	} else {
		cause = m.invokeReceiver(ctx, e.args, e.reply)
	}
	if cause == nil {
		return nil
	}
	// Error is the program's code too: it is called here, where a panic is caught.
	// An empty text would mean success on the wire.
	text := cause.Error()
	if text == "" {
		text = m.wireName + " failed with an error that has no text"
	}
	return &Failure{text, cause}
}

// Guard runs what a program has put around a handler. A panic becomes an error, as that of
// a handler does.
func Guard(log *slog.Logger, sender, method string, run func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			logPanic(log, "interceptor panicked", sender, method, p)
			err = failure(ErrPanicked, "handler panicked: %s", method)
		}
	}()
	return run()
}

// invokeReceiver calls the method of a receiver.
func (m *Method) invokeReceiver(ctx context.Context, args, reply reflect.Value) error {
	if m.reply.Kind() == reflect.Map {
		reply.Elem().Set(reflect.MakeMap(m.reply)) // for handlers that only add to it
	}
	if m.direct != nil {
		return m.direct(ctx, args, reply)
	}
	if !m.pointer {
		args = args.Elem()
	}
	in := [4]reflect.Value{m.receiver, args, reply}
	n := 3
	if m.takesContext {
		in, n = [4]reflect.Value{m.receiver, reflect.ValueOf(ctx), args, reply}, 4
	}
	err, _ := m.fn.Call(in[:n])[0].Interface().(error)
	return err
}

// setSender sets the field at index of the struct that args points to. Pointers
// that are nil on the way have no such field.
func setSender(args reflect.Value, index []int, sender string) {
	for args.Kind() == reflect.Pointer {
		if args.IsNil() {
			return
		}
		args = args.Elem()
	}
	if field, err := args.FieldByIndexErr(index); err == nil && field.CanSet() {
		field.SetString(sender)
	}
}

// appendReply appends what to send for a reply, given as a pointer. One that is
// itself a nil pointer is sent as a zero value: what encoding/gob writes for it
// has no end, some decoders refuse that, and the others make it a zero value.
// DEVIATION D14.
func (r *Registry) appendReply(m *Method, dst []byte, reply reflect.Value, sender string, payer Payer) ([]byte, error) {
	v := reply.Elem()
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Pointer {
		if payer == nil {
			return m.replyCodec.Append(dst, reply)
		}
		return m.replyCodec.AppendCharged(dst, reply, r.replyBytesMax(), payer, payer, sender)
	}
	t := v.Type()
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return gobcodec.AppendValue(dst, reflect.New(t))
}
