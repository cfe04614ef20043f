// bodies.js reads what stands in a trace in hexadecimal: ids of calls, and texts.

// bytesOf returns the bytes at the end of a part of a line, and whether they are all.
function bytesOf(part) {
  const body = / ((?:[0-9a-f]{2})+)(\.\.\d+)?$/.exec(part);
  return { bytes: body ? body[1].match(/../g).map((x) => parseInt(x, 16)) : [], whole: !(body && body[2]) };
}

// number reads a gob number at a place; undefined if there is none.
function number(bytes, at) {
  if (bytes[at] === undefined || bytes[at] < 128) return { value: bytes[at], next: at + 1 };
  const n = 256 - bytes[at];
  if (n > 6 || at + 1 + n > bytes.length) return { value: undefined, next: bytes.length };
  return { value: bytes.slice(at + 1, at + 1 + n).reduce((sum, x) => sum * 256 + x, 0), next: at + 1 + n };
}

// idOf returns the id on the wire of a CALL, BACK or VOID, as text: from its field, or else
// from the payload, whose first value it is.
function idOf(part) {
  const field = / id#(\d+)/.exec(part);
  if (field) return field[1];
  const { bytes } = bytesOf(part);
  if (bytes[1] !== 6 || bytes[2] !== 0) return "";
  const { value } = number(bytes, 3);
  return value ? String(value) : "";
}

// textsOf returns the texts in a body of gob values, quoted: those behind a byte that says
// how long they are. Definitions of types, whose number is odd, are left out.
function textsOf(part) {
  const { bytes, whole } = bytesOf(part);
  const texts = [];
  for (let at = 0; at < bytes.length;) {
    const size = number(bytes, at), type = number(bytes, size.next);
    const end = size.next + size.value;
    if (!(size.value > 0) || type.value === undefined || whole && end > bytes.length) break;
    if (type.value % 2 === 0) texts.push(...textsWithin(bytes.slice(type.next, end), type.value === 12));
    at = end;
  }
  return texts;
}

function textsWithin(bytes, one) {
  if (one && bytes.length === 2 && bytes[1] === 0) return ['""'];
  const texts = [];
  for (let i = 0; i < bytes.length; i++) {
    const text = bytes.slice(i + 1, i + 1 + bytes[i]);
    if (bytes[i] < 2 || text.length < bytes[i] || !text.every((x) => x >= 32 && x < 127)) continue;
    texts.push(JSON.stringify(short(String.fromCharCode(...text), 24)));
    i += bytes[i];
  }
  return texts;
}

// withTexts says which texts a body has, if there are any.
function withTexts(part) {
  const texts = textsOf(part);
  return texts.length === 0 ? "" : " with " + texts.slice(0, 4).join(", ") + (texts.length > 4 ? " …" : "");
}

// answerOf says what a BACK is.
function answerOf(part) {
  const error = / error ("(?:[^"\\]|\\.)*")/.exec(part);
  return error ? "the error " + short(error[1], 60) : "the reply" + withTexts(part).replace(" with", "");
}

// idsOf returns the calls of a picture by the names of their callers and their ids on the
// wire. What is sent again under another id, with the same method and body, is the same call.
const idsOf = kept((picture) => {
  const { Node, Text } = picture.Moments;
  const ids = new Map();
  const open = picture.Nodes.map(() => new Map()); // of each node, what is pending and the call that asks it
  Text.forEach((text, i) => {
    if (Node[i] < 0) return;
    const { Name } = picture.Nodes[Node[i]], pending = open[Node[i]];
    const parts = text.slice(Name.length + 1).split(" | ");
    const asked = /^call (k#\d+) /.exec(parts[0]);
    for (const part of parts) {
      const what = (/ ("[^"]*".*)$/.exec(part) || [])[1];
      const done = /^done (k#\d+)/.exec(part);
      if (done) pending.delete(done[1]);
      if (asked && part === parts[0]) pending.set(asked[1], what);
      if (!/^send \S+ \S+ CALL /.test(part)) continue;
      const same = asked ? [asked[1]] : [...pending.keys()].filter((call) => pending.get(call) === what);
      if (same.length === 1) ids.set(Name + " " + idOf(part), same[0]);
    }
  });
  return ids;
});

// withCall adds to a clause the call that its id belongs to.
function withCall(picture, moment, part, text) {
  const frame = /^(send|frame) \S+ (\S+) (CALL|BACK|VOID) /.exec(part);
  const id = frame && idOf(part);
  if (!id) return text;
  const asked = (frame[1] === "send") === (frame[3] === "BACK"); // the peer is the caller
  const call = idsOf(picture).get((asked ? frame[2] : picture.Nodes[picture.Moments.Node[moment]].Name) + " " + id);
  return call ? text.replace(id, `${id} (${call})`) : text;
}

// kept returns a function that works out something of a picture once.
function kept(f) {
  const known = new WeakMap();
  return (picture) => {
    if (!known.has(picture)) known.set(picture, f(picture));
    return known.get(picture);
  };
}
