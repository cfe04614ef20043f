// Command hostile attacks a live node and says what became of it: a row for each
// attack, over each transport, with and without CURVE. make hostile runs it, and its
// test runs every attack at a tenth of its size. docs/HOSTILE.md says how to read the table.
//
// Four processes play, all of them this program, so that the memory of each is its own:
//
//	runner      measures: an honest peer calls all the time, a newcomer connects,
//	            and a sentinel is dialled by the node, all by the public API
//	victim      the node under attack, by the public API; and a second one, the
//	            bystander, which is called and not attacked
//	attackers   at the lowest priority; ZMTP by package zmtp on bare sockets, so
//	            that they can break any rule
//
// A new attack is a value of [Attack] in the file of its layer. Its Run makes
// connections with the methods of [Target] and calls did for what it has done:
//
//	{Name: "endless ticks", What: "one key sends TICK for ever", Key: true,
//		Run: func(ctx context.Context, t *Target) error {
//			return t.each(ctx, 1, func(ctx context.Context, i int) error {
//				l, err := t.join(ctx, t.attacker(i))
//				if err != nil {
//					return err
//				}
//				defer l.close()
//				l.drain()
//				for err == nil {
//					err = l.send("TICK", nil)
//					t.did(1)
//				}
//				return err
//			})
//		}},
//
// # Files
//
//	attack.go       Attack, Target            main.go    the command line
//	link.go         an attacker's connection  role.go    which process plays what
//	payload.go      forged gob and frames     victim.go, service.go  the node under attack
//	connection.go   attacks on connections    honest.go  the honest peer, and what it measures
//	handshake.go    on handshakes             row.go     an attack carried out
//	frame.go        on frames                 judge.go   what a row is judged by
//	protocol.go     on the protocol           table.go   its cells in the table
//	application.go  by arguments and replies
//
//	system_linux.go, system_other.go   descriptors, processor time and priority of a process
//	race_on.go, race_off.go            whether the race detector is built in
package main
