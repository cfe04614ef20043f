// A Painter draws what is visible of a picture, and only that.
class Painter {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  // colours reads the colours of the present scheme.
  colours() {
    const style = getComputedStyle(document.documentElement);
    return new Proxy({}, { get: (_, name) => style.getPropertyValue("--" + name).trim() });
  }

  // paint draws. The view has: picture, layout, scale, left (the place at the left edge),
  // zoom (pixels a place), cursor (a moment), hits (a set of moments).
  paint(view) {
    const { canvas, context: g } = this;
    const width = canvas.clientWidth, height = view.layout.height;
    const dense = window.devicePixelRatio || 1;
    canvas.style.height = height + "px";
    if (canvas.width !== Math.round(width * dense) || canvas.height !== Math.round(height * dense)) {
      canvas.width = Math.round(width * dense);
      canvas.height = Math.round(height * dense);
    }
    Object.assign(this, view, { width, height });
    const css = this.colours();
    this.c = {};
    for (const name of ["ground", "text", "faint", "rule", "linked", "trying", "limbo", "waiting", "down", "frame", "request", "join", "bad", "fault", "cursor", "on-band", "panel"]) this.c[name] = css[name];
    g.setTransform(dense, 0, 0, dense, 0, 0);
    g.fillStyle = this.c.ground;
    g.fillRect(0, 0, width, height);
    this.first = Math.max(0, firstFrom(this.scale.x, this.left) - 1);
    this.last = Math.min(this.scale.x.length - 1, firstFrom(this.scale.x, this.left + (width - this.layout.gutter) / this.zoom));
    g.save();
    g.beginPath();
    g.rect(this.layout.gutter, 0, width, height);
    g.clip();
    this.paintFaults();
    this.paintTimes();
    this.layout.lanes.forEach((lane, node) => this.paintLane(lane, node));
    this.paintFrames();
    this.paintMoments();
    this.paintMarks();
    g.restore();
    this.paintNames();
  }

  px(place) { return this.layout.gutter + (place - this.left) * this.zoom; }
  at(moment) { return this.px(this.scale.x[moment]); }
  ofTime(time) { return this.px(this.scale.of(time)); }

  // write writes a text that is cut where it would go beyond a width.
  write(text, x, y, most, colour, font = "11px system-ui, sans-serif") {
    const g = this.context;
    g.font = font;
    if (most < 12) return;
    let cut = text;
    if (g.measureText(cut).width > most) {
      while (cut.length > 1 && g.measureText(cut + "…").width > most) cut = cut.slice(0, -Math.ceil(cut.length / 10));
      if (cut.length < 2) return;
      cut += "…";
    }
    g.fillStyle = colour;
    g.fillText(cut, x, y);
  }

  paintTimes() {
    const g = this.context;
    let free = -Infinity;
    for (let i = this.first; i <= this.last; i++) {
      const x = this.at(i);
      if (x < free) continue;
      const text = seconds(this.picture.Moments.At[i]);
      g.fillStyle = this.c.rule;
      g.fillRect(x, 30, 1, 6);
      this.write(text, x + 3, 38, 90, this.c.faint, "10.5px system-ui, sans-serif");
      free = x + 84;
    }
  }

  // paintFaults shades the times of faults, in the lanes that they concern.
  paintFaults() {
    const g = this.context;
    let free = -Infinity;
    for (const fault of this.picture.Faults) {
      if (fault.User || fault.Expect) continue;
      const x = this.ofTime(fault.From), w = Math.max(this.ofTime(fault.To) - x, 2);
      if (x + w < this.layout.gutter || x > this.width) continue;
      const line = this.picture.Lines[fault.Line];
      const needed = line && line.Needed;
      const lanes = fault.Nodes && fault.Nodes.length ? fault.Nodes.map((n) => this.layout.lanes[n]) : this.layout.lanes;
      g.globalAlpha = needed ? 0.22 : 0.11;
      g.fillStyle = this.c.fault;
      for (const lane of lanes) g.fillRect(x, lane.top, w, lane.bottom - lane.top - 2);
      g.globalAlpha = 1;
      if (needed || w > 6) {
        g.strokeStyle = this.c.fault;
        g.setLineDash(needed ? [] : [3, 3]);
        for (const lane of lanes) g.strokeRect(x + 0.5, lane.top + 0.5, w - 1, lane.bottom - lane.top - 3);
        g.setLineDash([]);
      }
      const from = Math.max(x, this.layout.gutter) + 2;
      if (from > free) {
        const room = Math.max(w, 140);
        this.write((needed ? "● " : "") + fault.Text, from, 12, room, this.c.fault, (needed ? "bold " : "") + "11px system-ui, sans-serif");
        free = from + Math.min(g.measureText("● " + fault.Text).width, room) + 8;
      }
    }
  }

  paintLane(lane, node) {
    const g = this.context;
    g.fillStyle = this.c.rule;
    g.fillRect(this.layout.gutter, lane.bottom - 2, this.width, 1);
    let y = lane.bands;
    for (const [peer, track] of this.layout.tracks[node]) {
      this.paintTrack(track, peer, y);
      y += this.layout.band + 2;
    }
    this.paintAxis(lane, node, y);
    for (const call of this.picture.Calls) if (call.Node === node) this.paintCall(call, lane);
  }

  // paintAxis draws the line of a node; while it is down there is none, and it believes
  // nothing.
  paintAxis(lane, node, end) {
    const g = this.context;
    const lives = [-Infinity, ...this.picture.Nodes[node].Lives, Infinity];
    for (let i = 0; i + 1 < lives.length; i++) {
      const x = lives[i] === -Infinity ? this.layout.gutter : this.ofTime(lives[i]);
      const to = lives[i + 1] === Infinity ? Math.min(this.width, this.px(this.scale.width) + 8) : this.ofTime(lives[i + 1]);
      if (to <= x) continue;
      if (i % 2 === 0) {
        g.fillStyle = this.c.text;
        g.fillRect(x, lane.axis - 0.75, to - x, 1.5);
      } else {
        g.fillStyle = this.c.down;
        g.fillRect(x, lane.axis - 6, to - x, end - lane.axis + 6);
        this.write("down", Math.max(x, this.layout.gutter) + 4, lane.axis + 4, to - x - 6, this.c.text, "10px system-ui, sans-serif");
      }
    }
  }

  // paintTrack draws what a node believes of a peer, as a band.
  paintTrack(track, peer, y) {
    const g = this.context, h = this.layout.band;
    let low = 0, high = track.length; // the first belief that is visible
    while (low < high) {
      const middle = (low + high) >> 1;
      if (track[middle].Moment < this.first) low = middle + 1; else high = middle;
    }
    let drawn = -Infinity;
    for (let i = Math.max(low - 1, 0); i < track.length && track[i].Moment <= this.last; i++) {
      const x = this.at(track[i].Moment);
      const to = i + 1 < track.length ? this.at(track[i + 1].Moment) : this.px(this.scale.width) + 8;
      if (to < this.layout.gutter || x > this.width || to - drawn < 0.5) continue;
      drawn = to;
      const kind = kindOf(this.picture, track[i]);
      const from = Math.max(x, this.layout.gutter), w = Math.min(to, this.width) - from;
      if (kind === "none") continue;
      if (kind === "idle") {
        g.strokeStyle = this.c.waiting;
        g.setLineDash([1, 3]);
        g.strokeRect(from, y + h / 2, w, 0.1);
        g.setLineDash([]);
        continue;
      }
      g.fillStyle = this.c[kind];
      g.globalAlpha = kind === "linked" ? 1 : 0.75;
      g.fillRect(from, y, w, h);
      g.globalAlpha = 1;
      if (kind === "trying" || kind === "limbo") this.hatch(from, y, w, h, kind === "limbo");
      if (h >= 10 && w > 26) {
        this.writeBelief(this.picture.Names[peer], track[i], from + 4, y + h - (h > 12 ? 3.5 : 1.5), w - 6, kind === "linked" ? this.c["on-band"] : this.c.text, (h > 12 ? "10.5" : "9") + "px system-ui, sans-serif");
      }
    }
  }

  // writeBelief writes what a node believes into its band: where it is narrow, the state alone.
  writeBelief(peer, belief, x, y, most, colour, font) {
    const whole = describeBelief(this.picture, belief);
    this.context.font = font;
    const fits = [peer + ": " + whole, whole.replace(/^(dial|listens:) /, ""), ""].find((text) => this.context.measureText(text).width <= most);
    this.write(fits, x, y, most, colour, font);
  }

  // hatch lets kinds of bands be told apart without colours.
  hatch(x, y, w, h, crossed) {
    const g = this.context;
    g.save();
    g.beginPath();
    g.rect(x, y, w, h);
    g.clip();
    g.strokeStyle = this.c.ground;
    g.globalAlpha = 0.45;
    g.beginPath();
    for (let at = x - h - (x % 6); at < x + w; at += 6) {
      g.moveTo(at, y + h);
      g.lineTo(at + h, y);
      if (crossed) { g.moveTo(at, y); g.lineTo(at + h, y + h); }
    }
    g.stroke();
    g.restore();
  }

  paintCall(call, lane) {
    const g = this.context;
    const x = this.ofTime(call.Began), to = call.Ended < 0 ? this.px(this.scale.width) + 8 : this.ofTime(call.Ended);
    if (to < this.layout.gutter || x > this.width) return;
    const y = lane.calls + call.row * 15;
    const w = Math.max(to - x, 3);
    g.strokeStyle = g.fillStyle = call.Failed ? this.c.bad : this.c.request;
    g.globalAlpha = 0.25;
    g.fillRect(x, y, w, 12);
    g.globalAlpha = 1;
    g.strokeRect(x + 0.5, y + 0.5, w - 1, 11);
    const glyph = call.Ended < 0 ? "…" : call.Failed ? "✗" : "✓";
    this.write(glyph + " " + callText(call), Math.max(x, this.layout.gutter) + 3, y + 10, Math.max(w, 90) - 4, this.c.text, "10px system-ui, sans-serif");
  }

  paintFrames() {
    const { layout, picture } = this;
    this.labels = []; // places of those that are drawn: others keep clear of them
    const from = firstFrom(layout.sent, this.first - layout.longest);
    const many = (this.last - this.first) > this.width / 2;
    // Of frames that would cover each other, one a pixel of each way is drawn.
    const drawn = new Map();
    for (let i = from; i < layout.frames.length && layout.sent[i] <= this.last; i++) {
      const frame = picture.Frames[layout.frames[i]];
      if (layout.end(frame) < this.first) continue;
      if (many && frame.Harm === "") {
        const way = frame.From * layout.lanes.length + frame.To, x = this.at(frame.Sent);
        if (x - drawn.get(way) < 1) continue;
        drawn.set(way, x);
      }
      this.paintFrame(frame, many);
    }
  }

  paintFrame(frame, many) {
    const g = this.context, lanes = this.layout.lanes;
    const lost = frame.Arrived < 0;
    const x = this.at(frame.Sent), to = lost ? Math.max(this.at(this.layout.end(frame)), x + 14) : this.at(this.layout.end(frame));
    const y = lanes[frame.From < 0 ? frame.To : frame.From].axis;
    let end = lanes[frame.To].axis;
    if (lost) end = y + (end - y) * 0.55;
    const harmed = frame.Harm !== "";
    const colour = harmed || frame.Lost ? this.c.bad : /JOIN|STAY|PART|MEET/.test(frame.Command) ? this.c.join
      : /TICK|TOCK/.test(frame.Command) ? this.c.frame : this.c.request;
    g.strokeStyle = g.fillStyle = colour;
    const meant = frame.Sent === this.cursor || frame.Arrived === this.cursor;
    g.lineWidth = meant ? 3 : harmed ? 2 : 1;
    g.globalAlpha = many && !meant ? 0.3 : 0.9;
    g.setLineDash(frame.Lost ? [4, 3] : []);
    g.beginPath();
    g.moveTo(x, y);
    g.lineTo(to, end);
    g.stroke();
    g.setLineDash([]);
    g.lineWidth = 1;
    if (!many) {
      if (frame.Lost) this.write("✕", to - 4, end + 4, 20, colour, "bold 12px system-ui, sans-serif");
      else if (!lost) this.arrowhead(x, y, to, end);
      if (this.zoom > 0.8 && Math.abs(end - y) > 16) {
        const needed = this.picture.Lines[frame.Line];
        const text = frame.Command + (harmed ? " " + frame.Harm + (needed && needed.Needed ? " ●" : "") : "");
        this.label(text, (x + to) / 2 + 4, (y + end) / 2 + (end > y ? -2 : 8), colour, harmed, meant);
      }
    }
    g.globalAlpha = 1;
  }

  // label writes a text on the ground's colour, unless that would hide another one. One that
  // is meant goes beside that then, once.
  label(text, x, y, colour, bold, meant) {
    const g = this.context;
    const font = (bold ? "bold " : "") + "10px system-ui, sans-serif";
    g.font = font;
    const w = Math.min(g.measureText(text).width, 120);
    const hidden = () => this.labels.find((l) => x < l.x + l.w + 3 && l.x < x + w + 3 && Math.abs(l.y - y) < 11);
    const other = hidden();
    if (other && meant) x = other.x + other.w + 4;
    if (other && (!meant || hidden())) return;
    this.labels.push({ x, y, w });
    g.fillStyle = this.c.ground;
    g.globalAlpha = 0.8;
    g.fillRect(x - 1, y - 9, w + 2, 11);
    g.globalAlpha = 1;
    this.write(text, x, y, 121, colour, font);
  }

  arrowhead(x, y, to, end) {
    const g = this.context;
    const angle = Math.atan2(end - y, to - x);
    g.beginPath();
    g.moveTo(to, end);
    g.lineTo(to - 7 * Math.cos(angle - 0.4), end - 7 * Math.sin(angle - 0.4));
    g.lineTo(to - 7 * Math.cos(angle + 0.4), end - 7 * Math.sin(angle + 0.4));
    g.fill();
  }

  // paintMoments draws a dot for each step, and a mark above the lanes for what users do.
  paintMoments() {
    const g = this.context, { Node, Text } = this.picture.Moments;
    const drawn = []; // of each lane, where the latest dot is
    for (let i = this.first; i <= this.last; i++) {
      const x = this.at(i);
      if (this.hits.has(i)) {
        g.fillStyle = this.c.trying;
        g.fillRect(x - 2, 40, 4, this.height);
        g.globalAlpha = 1;
      }
      if (Node[i] < 0) {
        g.fillStyle = Text[i].startsWith("-- expect") ? this.c.text : this.c.fault;
        g.fillRect(x - 0.5, 18, 1, 10);
      } else if (!(x - drawn[Node[i]] < 1)) {
        g.fillStyle = this.c.text;
        g.fillRect(x - 2, this.layout.lanes[Node[i]].axis - 2, 4, 4);
        drawn[Node[i]] = x;
      }
    }
  }

  // paintMarks draws the violations and the cursor.
  paintMarks() {
    const g = this.context;
    for (const broken of this.picture.Violations) {
      const x = this.ofTime(broken.At);
      g.fillStyle = this.c.bad;
      g.fillRect(x - 1, 0, 2.5, this.height);
      g.font = "bold 12px system-ui, sans-serif";
      const text = "✗ " + broken.Property, w = g.measureText(text).width + 10;
      const left = x + w > this.width ? x - w : x;
      g.fillRect(left, 14, w, 17);
      this.write(text, left + 5, 27, w, this.c.ground, "bold 12px system-ui, sans-serif");
    }
    if (this.cursor < this.scale.x.length) {
      const x = this.at(this.cursor);
      g.fillStyle = this.c.cursor;
      g.fillRect(x - 0.5, 30, 1.5, this.height);
      g.beginPath();
      g.moveTo(x - 5, 30);
      g.lineTo(x + 5, 30);
      g.lineTo(x, 37);
      g.fill();
    }
  }

  paintNames() {
    const g = this.context;
    g.fillStyle = this.c.ground;
    g.fillRect(0, 0, this.layout.gutter - 1, this.height);
    g.fillStyle = this.c.rule;
    g.fillRect(this.layout.gutter - 1, 0, 1, this.height);
    this.layout.lanes.forEach((lane, node) => {
      const { Name, Old } = this.picture.Nodes[node];
      this.write(Name, 6, lane.axis + 5, this.layout.gutter - 10, this.c.text, "bold 14px system-ui, sans-serif");
      const { dials } = this.layout.people[node];
      const about = [Old ? "old peer" : "", dials.length ? "dials " + (dials.length > 2 ? dials.length : dials.join(", ")) : ""].filter(Boolean);
      about.forEach((text, i) => this.write(text, 6, lane.axis + 18 + 12 * i, this.layout.gutter - 10, this.c.faint));
    });
  }
}

// callText says what a call asks for.
function callText(call) {
  return (call.Name ? call.Name + ": " : "") + call.Method + " → " + call.To;
}
