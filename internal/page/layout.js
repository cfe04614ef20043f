// kindOf returns what a belief looks like.
function kindOf(picture, belief) {
  if (!belief.Known) return "none";
  if (belief.Active) return "linked";
  const dial = picture.States[belief.Dial];
  switch (dial) {
    case "Reaching": case "Probe": case "Handshake": case "Check": return "trying";
    case "Limbo": case "Draining": return "limbo";
    case "Waiting": return "waiting";
  }
  return "idle";
}

// describeBelief says what a node thinks of a peer.
function describeBelief(picture, belief) {
  if (!belief || !belief.Known) return "not known";
  const node = picture.Nodes[belief.Node];
  if (node.Old) return belief.Active ? "active" : "not active";
  const parts = [];
  const dial = picture.States[belief.Dial], listen = picture.States[belief.Listen];
  if (dial !== "Idle") parts.push("dial " + dial);
  if (listen !== "Idle") parts.push("listens: " + listen);
  if (parts.length === 0) parts.push("idle");
  if (belief.Backoff) parts.push("backoff " + belief.Backoff);
  return parts.join(", ");
}

// A Layout says what is drawn where, from top to bottom, and has what a picture's parts
// are found by.
class Layout {
  constructor(picture, width) {
    this.picture = picture;
    const small = width < 600;
    this.gutter = small ? 58 : 96;
    this.top = 44;
    this.tracks = picture.Nodes.map(() => new Map()); // of each node, the beliefs by peer
    for (const belief of picture.Beliefs) {
      const track = this.tracks[belief.Node];
      if (!track.has(belief.Peer)) track.set(belief.Peer, []);
      track.get(belief.Peer).push(belief);
    }
    const bands = Math.max(1, ...this.tracks.map((track) => track.size));
    this.band = bands <= 3 ? 14 : bands <= 6 ? 10 : Math.max(2, Math.floor(60 / bands));
    this.callRows = this.stackCalls();
    this.people = peopleOf(picture);
    let y = this.top;
    this.lanes = picture.Nodes.map((node, i) => {
      const lane = { top: y, calls: y + 8, axis: y + 16 + this.callRows[i] * 15 };
      lane.bands = lane.axis + 8;
      y = lane.bands + this.tracks[i].size * (this.band + 2) + (picture.Nodes.length <= 4 ? 30 : 12);
      lane.bottom = y;
      return lane;
    });
    this.height = y + 6;
    this.frames = picture.Frames.map((frame, i) => i).filter((i) => picture.Frames[i].Sent >= 0);
    this.frames.sort((a, b) => picture.Frames[a].Sent - picture.Frames[b].Sent);
    this.sent = this.frames.map((i) => picture.Frames[i].Sent);
    this.longest = 0; // how many moments a frame takes at most
    for (const i of this.frames) this.longest = Math.max(this.longest, this.end(picture.Frames[i]) - picture.Frames[i].Sent);
  }

  // end returns the moment at which a frame arrives, or is lost.
  end(frame) {
    if (frame.Arrived >= 0) return Math.min(frame.Arrived, this.picture.Moments.At.length - 1);
    return frame.Gone >= 0 ? frame.Gone : frame.Sent;
  }

  // stackCalls puts calls that overlap into rows above each other, three at most.
  stackCalls() {
    const rows = this.picture.Nodes.map(() => []);
    for (const call of this.picture.Calls) {
      if (call.Node < 0) continue;
      const ends = rows[call.Node];
      let row = ends.findIndex((end) => end <= call.Began);
      if (row < 0) row = Math.min(ends.length, 2);
      ends[row] = call.Ended < 0 ? Infinity : call.Ended;
      call.row = row;
    }
    return rows.map((ends) => ends.length);
  }

  // beliefAt returns what a node thinks of a peer after a moment.
  beliefAt(node, peer, moment) {
    const list = this.tracks[node].get(peer) || [];
    let low = 0, high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle].Moment <= moment) low = middle + 1; else high = middle;
    }
    return list[low - 1];
  }
}
