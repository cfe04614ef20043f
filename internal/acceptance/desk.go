package acceptance

import (
	"errors"
	"strings"
	"sync"

	"github.com/bitmark-inc/bilateralrpc"
)

// Desk is the service of the API's tests.
type Desk struct {
	node  *bilateralrpc.Bilateral // calls back
	enter chan string             // tells that a handler runs, if not nil
	leave chan struct{}           // lets a handler of Wait end

	mu    sync.Mutex
	notes []string
}

type DeskArgs struct {
	Text             string
	Bilateral_SENDER string
}

type DeskReply struct{ Text string }

func (d *Desk) Upper(args DeskArgs, reply *DeskReply) error {
	reply.Text = strings.ToUpper(args.Text)
	return nil
}

func (d *Desk) Sender(args *DeskArgs, reply *DeskReply) error {
	reply.Text = args.Bilateral_SENDER
	return nil
}

func (d *Desk) Fail(DeskArgs, *DeskReply) error  { return errors.New("the desk is closed") }
func (d *Desk) Panic(DeskArgs, *DeskReply) error { panic("a secret of this process") }
func (d *Desk) Number(_ DeskArgs, reply *int) error {
	*reply = 42
	return nil
}

func (d *Desk) Note(args DeskArgs, _ *DeskReply) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notes = append(d.notes, args.Bilateral_SENDER+": "+args.Text)
	return nil
}

func (d *Desk) noted() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.notes...)
}

func (d *Desk) Wait(args DeskArgs, reply *DeskReply) error {
	d.enter <- args.Text
	<-d.leave
	reply.Text = "waited"
	return nil
}

// Close closes the node that serves it.
func (d *Desk) Close(DeskArgs, *DeskReply) error {
	d.node.Close()
	d.enter <- "closed"
	return nil
}

// Back calls the caller back as often as the text has letters, each inside the other.
func (d *Desk) Back(args DeskArgs, reply *DeskReply) error {
	if args.Text == "" {
		return nil
	}
	var rows []deskRow
	if err := d.node.Call([]string{args.Bilateral_SENDER}, "Desk.Back", DeskArgs{Text: args.Text[1:]}, &rows, patience); err != nil {
		return err
	}
	if len(rows) != 1 || rows[0].Err != nil {
		return errors.New("no reply from " + args.Bilateral_SENDER)
	}
	reply.Text = args.Text[:1] + rows[0].Reply.Text
	return nil
}

type deskRow struct {
	From  string
	Reply DeskReply
	Err   error
}
