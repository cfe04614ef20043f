// runWasi runs one instance of a module that was built for GOOS=wasip1. It has a
// standard input, output and error, a clock and random bytes, and nothing else: no files,
// no network. It returns what the module writes to its standard output.
function runWasi(module, input) {
  let memory;
  let at = 0;
  let complaint = "";
  const written = [];
  const view = () => new DataView(memory.buffer);
  const bytes = (from, length) => new Uint8Array(memory.buffer, from, length);
  class Exit { constructor(code) { this.code = code; } }
  // each calls f with the parts of the memory that a list of vectors names, and adds up.
  const each = (list, count, sum, f) => {
    let n = 0;
    for (let i = 0; i < count; i++) {
      n += f(bytes(view().getUint32(list + 8 * i, true), view().getUint32(list + 8 * i + 4, true)));
    }
    view().setUint32(sum, n, true);
    return 0;
  };
  const two = (a, b, x, y) => { view().setUint32(a, x, true); view().setUint32(b, y, true); return 0; };
  const wasi = {
    args_sizes_get: (count, size) => two(count, size, 1, 4),
    args_get: (list, buffer) => { view().setUint32(list, buffer, true); bytes(buffer, 4).set([115, 105, 109, 0]); return 0; },
    environ_sizes_get: (count, size) => two(count, size, 0, 0),
    environ_get: () => 0,
    clock_time_get: (_, __, out) => { view().setBigUint64(out, BigInt(Math.round(performance.now() * 1e6)), true); return 0; },
    random_get: (from, length) => {
      for (let i = 0; i < length; i += 65536) crypto.getRandomValues(bytes(from + i, Math.min(65536, length - i)));
      return 0;
    },
    sched_yield: () => 0,
    proc_exit: (code) => { throw new Exit(code); },
    fd_fdstat_get: (_, out) => { bytes(out, 24).fill(0); view().setUint8(out, 2); view().setBigUint64(out + 8, ~0n, true); return 0; },
    fd_fdstat_set_flags: () => 0,
    fd_prestat_get: () => 8, // no folder is open
    fd_close: () => 0,
    fd_read: (_, list, count, sum) => each(list, count, sum, (part) => {
      const piece = input.subarray(at, at + part.length);
      part.set(piece);
      at += piece.length;
      return piece.length;
    }),
    fd_write: (fd, list, count, sum) => each(list, count, sum, (part) => {
      if (fd === 1) written.push(part.slice());
      else complaint += new TextDecoder().decode(part);
      return part.length;
    }),
    // Every wait is over at once: time in the world does not depend on ours.
    poll_oneoff: (subscriptions, events, count, sum) => {
      for (let i = 0; i < count; i++) {
        bytes(events + 32 * i, 32).fill(0);
        view().setBigUint64(events + 32 * i, view().getBigUint64(subscriptions + 48 * i, true), true);
        view().setUint8(events + 32 * i + 10, view().getUint8(subscriptions + 48 * i + 8));
      }
      view().setUint32(sum, count, true);
      return 0;
    },
  };
  const missing = { get: (has, name) => has[name] ?? (() => 52) };
  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: new Proxy(wasi, missing) });
  memory = instance.exports.memory;
  let code = 0;
  try {
    instance.exports._start();
  } catch (stop) {
    if (!(stop instanceof Exit)) throw stop;
    code = stop.code;
  }
  if (code !== 0) throw new Error("the simulation ended with " + code + ": " + complaint);
  const all = new Uint8Array(written.reduce((n, piece) => n + piece.length, 0));
  let to = 0;
  for (const piece of written) { all.set(piece, to); to += piece.length; }
  return all;
}
