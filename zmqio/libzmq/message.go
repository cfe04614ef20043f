//go:build cgo && libzmq

package libzmq

/*
#cgo !windows pkg-config: libzmq
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

// The frames of one message: the routing id that a ROUTER puts before it, the command, the payload.
enum { ROUTE, COMMAND, PAYLOAD, FRAMES };

struct incoming {
	zmq_msg_t frame[FRAMES];
	void *data[FRAMES];
	size_t size[FRAMES];
	int end;  // the frame behind the last that was received
	int more; // the message has more than these
};

static struct incoming *new_incoming(void) {
	struct incoming *in = calloc(1, sizeof *in);
	if (in != NULL)
		for (int i = 0; i < FRAMES; i++)
			zmq_msg_init(&in->frame[i]);
	return in;
}

static void free_incoming(struct incoming *in) {
	for (int i = 0; i < FRAMES; i++)
		zmq_msg_close(&in->frame[i]);
	free(in);
}

// Receives a message from its frame first on, in place of the last one, and returns 0 or the
// error. What is behind the payload is left.
static int receive(struct incoming *in, void *socket, int first) {
	in->more = 1;
	for (in->end = first; in->end < FRAMES && in->more; in->end++) {
		zmq_msg_t *m = &in->frame[in->end];
		while (zmq_msg_recv(m, socket, ZMQ_DONTWAIT) < 0)
			if (errno != EINTR)
				return errno;
		in->data[in->end] = zmq_msg_data(m);
		in->size[in->end] = zmq_msg_size(m);
		in->more = zmq_msg_more(m);
	}
	return 0;
}

// Frees the message.
static void release(struct incoming *in) {
	for (int i = 0; i < FRAMES; i++) {
		zmq_msg_close(&in->frame[i]);
		zmq_msg_init(&in->frame[i]);
		in->size[i] = 0;
	}
	in->end = 0;
}

// Throws away what is behind a frame that was received, of up to max frames, and says whether
// there is still more.
static int skip(struct incoming *in, void *socket, int max) {
	int more = 1;
	while (more && max-- > 0) {
		zmq_msg_t *m = &in->frame[PAYLOAD];
		more = zmq_msg_recv(m, socket, ZMQ_DONTWAIT) < 0 ? errno == EINTR : zmq_msg_more(m);
	}
	release(in);
	return more;
}

// What libzmq knows of where a message came from, NULL or -1 if nothing.
static const char *address(struct incoming *in) { return zmq_msg_gets(&in->frame[COMMAND], "Peer-Address"); }
static int descriptor(struct incoming *in) { return zmq_msg_get(&in->frame[COMMAND], ZMQ_SRCFD); }

static int send_part(void *socket, const char *data, size_t size, int flags) {
	while (zmq_send(socket, data, size, flags | ZMQ_DONTWAIT) < 0)
		if (errno != EINTR)
			return errno;
	return 0;
}

// Sends a message, whose payload is head and body, and returns 0 or the error. libzmq decides at
// the first frame whether there is room and a receiver. A failure after it (the connection broke
// in between) is EHOSTUNREACH, and nothing was sent.
static int send_message(void *socket, const char *route, size_t route_size, const char *command, size_t command_size,
		const char *head, size_t head_size, const char *body, size_t body_size) {
	zmq_msg_t payload;
	if (zmq_msg_init_size(&payload, head_size + body_size) < 0)
		return errno;
	int err = route_size > 0 ? send_part(socket, route, route_size, ZMQ_SNDMORE) : 0;
	if (err == 0) {
		err = send_part(socket, command, command_size, ZMQ_SNDMORE);
		if (err != 0 && route_size > 0)
			err = EHOSTUNREACH;
	}
	if (err == 0) {
		if (head_size > 0)
			memcpy(zmq_msg_data(&payload), head, head_size);
		if (body_size > 0)
			memcpy((char *)zmq_msg_data(&payload) + head_size, body, body_size);
		while (zmq_msg_send(&payload, socket, ZMQ_DONTWAIT) < 0)
			if (errno != EINTR) {
				err = EHOSTUNREACH;
				break;
			}
	}
	zmq_msg_close(&payload);
	return err;
}

// Has libzmq process what its I/O thread reported, and says whether there is something to receive.
static int readable(void *socket) {
	int events = 0;
	size_t size = sizeof events;
	return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLIN) != 0;
}
*/
import "C"

import (
	"bytes"
	"errors"
	"reflect"
	"unsafe"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/buffers"
	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
	"github.com/bitmark-inc/bilateralrpc/internal/pieces"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Messages are received and sent with one call of C each, where pebbe/zmq4 makes five for each
// frame, and their payloads stay in libzmq's memory until somebody wants to keep them: see
// docs/adr/0023.

// handle returns what libzmq knows z by, which pebbe/zmq4 keeps to itself.
func handle(z *zmq.Socket) (unsafe.Pointer, error) {
	f := reflect.ValueOf(z).Elem().FieldByName("soc")
	if f.Kind() != reflect.UnsafePointer {
		return nil, errors.New("this version of github.com/pebbe/zmq4 is not understood: require v1.4.0 of it")
	}
	return f.UnsafePointer(), nil
}

// incoming is the message that a node received last, from any of its sockets. Guarded by the
// lock of the node.
type incoming struct{ c *C.struct_incoming }

func newIncoming() incoming {
	c := C.new_incoming()
	if c == nil {
		panic("bilateralrpc: libzmq: out of memory")
	}
	return incoming{c}
}

func (in incoming) free() { C.free_incoming(in.c) }

// frame returns a frame that was received, or nothing. It is valid until the next message.
func (in incoming) frame(i C.int) []byte {
	if i >= in.c.end || in.c.size[i] == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(in.c.data[i]), int(in.c.size[i]))
}

// route returns the routing id of the connection that the message came on.
func (in incoming) route() []byte { return in.frame(C.ROUTE) }

// body returns the message behind the routing id.
func (in incoming) body() body {
	return body{
		command: in.frame(C.COMMAND), payload: in.frame(C.PAYLOAD),
		wellFormed: in.c.end == C.FRAMES && in.c.more == 0,
	}
}

// origin is where a message came from.
type origin struct {
	address string // of the host
	fd      int    // of the connection, when the message arrived; -1 if it is not known
}

// origin returns where the message came from.
func (in incoming) origin() origin {
	return origin{C.GoString(C.address(in.c)), int(C.descriptor(in.c))}
}

// body is a message from its command on.
type body struct {
	command, payload []byte // of incoming, or, if kept, Go's
	wellFormed       bool   // there were exactly these two frames
	kept             bool
}

// bytes is what a message takes on the wire, if it is well-formed: less, if it is not.
func (b *body) bytes(curve bool) int64 { return messageBytes(len(b.command), len(b.payload), curve) }

func messageBytes(command, payload int, curve bool) int64 {
	return frameBytes(command, curve) + frameBytes(payload, curve)
}

// keep has b outlive the next message.
func (b *body) keep() {
	b.command = bytes.Clone(b.command)
	b.payload = pieces.Append(buffers.Process.Get(len(b.payload)), b.payload)
	b.kept = true
}

// report hands b up. A large payload the node may keep.
func (c *carrier) report(link core.Link, name string, b body) {
	if !b.wellFormed || len(b.payload) > c.cfg.PayloadBytesMax {
		c.sink.Malformed(link, name)
		return
	}
	if !b.kept && len(b.payload) >= zmqio.KeepBytes {
		b.keep()
	}
	c.sink.Frame(link, name, b.command, b.payload, b.kept)
}

// done frees what was received last, if that is large. What is small is freed by the next message.
func (c *carrier) done() {
	command, payload := c.in.frame(C.COMMAND), c.in.frame(C.PAYLOAD)
	if len(command)+len(payload) < zmqio.KeepBytes {
		return
	}
	c.move(len(command) + len(payload))
	for _, b := range [][]byte{command, payload} {
		if !heapOfC.keeps(len(b)) {
			cGiveBack(b)
		}
	}
	C.release(c.in.c)
}

// move has the heap of C looked at soon: a message of n bytes was received or sent.
func (c *carrier) move(n int) {
	if n < zmqio.KeepBytes {
		return
	}
	if c.moved == 0 {
		c.conns.wake()
	}
	c.moved += int64(n)
}

// UsesBuffers implements buffers.User.
func (c *carrier) UsesBuffers() {}

var _ bulk.Remote = (*carrier)(nil)

// Remote implements bulk.Remote.
func (c *carrier) Remote() {}

// receive takes a message from its frame first on, C.ROUTE or C.COMMAND. What is behind its payload is left to skip.
func (s *socket) receive(first C.int) error {
	if s.closed {
		return zmq.ErrorSocketClosed
	}
	if e := C.receive(s.in.c, s.handle, first); e != 0 {
		return zmq.Errno(e)
	}
	s.received += int64(len(s.in.frame(C.PAYLOAD)))
	s.skipping = s.in.c.end == C.FRAMES && s.in.c.more != 0
	return nil
}

// receiveRouted takes a message of a ROUTER.
func (s *socket) receiveRouted() error { return s.receive(C.ROUTE) }

// receiveBody takes a message of a DEALER.
func (s *socket) receiveBody() error { return s.receive(C.COMMAND) }

// skipMax bounds the frames thrown away in one go, so that a message of very
// many frames does not keep the node from its other work.
const skipMax = 256

// skip goes on to throw away the rest of a message. It returns false when
// there is more to throw away than it likes to at once.
func (s *socket) skip() bool {
	s.skipping = s.skipping && !s.closed && C.skip(s.in.c, s.handle, skipMax) != 0
	return !s.skipping
}

// pending has libzmq process what its I/O thread reported and says whether
// there is something to receive.
func (s *socket) pending() bool { return !s.closed && C.readable(s.handle) != 0 }

// send sends a message, without blocking: to route on a ROUTER, where that is not empty. The payload is head and body.
// zmq.EHOSTUNREACH is that there is nobody, or not any more, and nothing was sent.
func (s *socket) send(route, command, head, body []byte) error {
	if s.closed {
		return zmq.ErrorSocketClosed
	}
	err := s.sendOnce(route, command, head, body)
	if isAgain(err) {
		// A send looks at the I/O thread's reports once a millisecond only: there may
		// be room again, or a connection at last.
		s.pending()
		err = s.sendOnce(route, command, head, body)
	}
	s.sent()
	return err
}

func (s *socket) sendOnce(route, command, head, body []byte) error {
	// Of a pointer to char cgo knows that there is no other behind it, whatever b is a part of.
	at := func(b []byte) *C.char { return (*C.char)(unsafe.Pointer(unsafe.SliceData(b))) }
	e := C.send_message(s.handle, at(route), C.size_t(len(route)), at(command), C.size_t(len(command)),
		at(head), C.size_t(len(head)), at(body), C.size_t(len(body)))
	if e != 0 {
		return zmq.Errno(e)
	}
	return nil
}
