// story.js tells how it came to the violation: what it means, who takes part, which
// faults it needs, and what the nodes concerned did just before.

// storyMost bounds the steps that the story names.
const storyMost = 9;

// routine says of a moment that it says nothing about how things came about: a node wakes
// up, or connected ones ask each other whether they are there.
function routine(text) {
  const parts = text.split(" | ");
  return parts.every((part) => /( |^)timeout$|^send \S+ \S+ (TICK|TOCK|MEET)\b|^\S+ frame \S+ \S+ (TICK|TOCK|MEET)\b/.test(part));
}

// concernsOf returns what says whether a moment is about the same as another one: a node, and
// the peers that its event names, or else its actions.
function concernsOf(picture, moment) {
  const { Node, Text } = picture.Moments;
  const node = Node[moment];
  const named = (text) => {
    const words = new Set(text.split(" "));
    return picture.Nodes.map((x, i) => i).filter((i) => i !== node && words.has(picture.Nodes[i].Name));
  };
  const text = Text[moment] || "";
  const first = named(text.split(" | ")[0]);
  const peers = first.length ? first : named(text);
  const all = picture.Nodes.length <= 2 || node < 0;
  const speaks = (i, of) => Text[i].split(" ").includes(picture.Nodes[of].Name);
  return (i) => {
    // What a user does the node tells itself.
    if (Node[i] < 0) return !/^-- (expect|end of|connect|disconnect|redial|call|cast|cancel|stop)\b/.test(Text[i]);
    if (all) return true;
    if (Node[i] === node) return peers.length === 0 || peers.some((peer) => speaks(i, peer));
    return peers.includes(Node[i]) && speaks(i, node);
  };
}

// beside returns the moments nearest to one that are about the same nodes and are not
// routine: so many at most, backwards or forwards.
function beside(picture, moment, most, step) {
  const concerns = concernsOf(picture, moment);
  const { Text } = picture.Moments;
  const found = [], again = redialsOf(picture);
  for (let i = moment + step; i >= 0 && i < Text.length && found.length < most; i += step) {
    if (concerns(i) && !routine(Text[i]) && !again.has(i)) found.push(i);
  }
  return found;
}

// ofProgram says whether a violation is one of what a program claims or does.
function ofProgram(violation) { return /^(Always|Finally|Program|Waits|Ends|Stuck)/.test(violation.Property); }

// apart names nodes that take each other for connected on one side only, after a moment.
function apart(picture, layout, moment) {
  const { Nodes, Names, Moments } = picture;
  const down = (node) => node.Lives.filter((time) => time <= Moments.At[moment]).length % 2 === 1;
  const active = (i, of) => {
    const belief = down(Nodes[i]) ? undefined : layout.beliefAt(i, of, moment);
    return Boolean(belief && belief.Known && belief.Active);
  };
  for (let i = 0; i < Nodes.length; i++) {
    for (const [peer] of layout.tracks[i]) {
      const j = Nodes.findIndex((node) => node.Name === Names[peer]), self = Names.indexOf(Nodes[i].Name);
      if (j >= 0 && j !== i && active(i, peer) && !active(j, self)) return [Nodes[i].Name, Nodes[j].Name];
    }
  }
  return null;
}

// whereNext says what to look at.
function whereNext(picture, layout, moment, needed) {
  const leads = "Each line here leads to its moment in the picture. ";
  if (ofProgram(picture.Violations[0])) {
    return leads + (needed ? "Look at what the program does at the necessary faults, and just before them: what it had told others by then, and what it had kept." : "Look at what the program did, step by step (◀), up to the violation.");
  }
  const pair = apart(picture, layout, moment);
  return leads + "From there go back step by step (◀), and look at what each node believes, below. " +
    (pair ? `At the violation the two ends do not agree: ${pair[0]} has ${pair[1]} as an active peer, and ${pair[1]} does not have ${pair[0]}. Something was lost, late or misunderstood. ` : "") +
    "The rule is at the top; ask which node has broken it, and what it should have done.";
}

// led returns the moments of the story: those around each necessary fault, and those that
// led to the violation. What a program claims is often seen long after it went wrong.
function led(picture, moment, needed) {
  const late = ofProgram(picture.Violations[0]) && needed.length > 0;
  // What a program claims is looked at in a moment that may have nothing to say.
  const found = new Set(late && routine(picture.Moments.Text[moment]) ? [] : [moment]);
  const add = (of, back, forth) => [of, ...beside(picture, of, back, -1), ...beside(picture, of, forth, 1)].forEach((i) => { if (i <= moment) found.add(i); });
  beside(picture, moment, late ? storyMost / 3 : storyMost, -1).forEach((i) => found.add(i));
  const well = late ? wentWell(picture, [...found]) : -1;
  if (well >= 0) found.add(well);
  for (const line of needed.slice(0, 3)) {
    const at = momentOfLine(picture, line);
    const frame = picture.Frames.find((x) => x.Line === line && x.Sent === at);
    if (at >= 0) add(at, late ? 4 : 1, late ? 3 : 1);
    if (at >= 0) cameBack(picture, at).forEach((i) => { if (i <= moment) found.add(i); });
    if (frame && frame.Arrived >= 0) add(frame.Arrived, 0, late ? 3 : 0);
  }
  return [...found].sort((a, b) => a - b);
}

// redialsOf returns the moments in which a node dials in vain once more, and in which it
// learns so, each with the first time that it did: a series begins anew when a connection is up.
const redialsOf = kept((picture) => {
  const { Node, Text } = picture.Moments;
  const again = new Map();
  const dials = new Map(); // what is being dialled: its moment
  const firsts = new Map(); // of a node and a peer: the series that goes on
  Text.forEach((text, i) => {
    if (Node[i] < 0) return;
    const [event, ...actions] = text.slice(picture.Nodes[Node[i]].Name.length + 1).split(" | ");
    const [kind, link, peer] = event.split(" ");
    const way = Node[i] + " " + peer, dial = dials.get(Node[i] + " " + link);
    if (kind === "link-up") firsts.delete(way);
    if (kind === "link-up" && dial !== undefined) dials.delete(Node[i] + " " + link);
    if (kind === "link-lost" && dial !== undefined) {
      const first = firsts.get(way);
      if (first) {
        first.times++;
        first.last = i;
        if (/ timeout \| dial [^|]*$/.test(Text[dial])) again.set(dial, first);
        if (actions.length === 0) again.set(i, first);
      } else {
        firsts.set(way, { moment: i, node: Node[i], peer, times: 0, last: i });
      }
    }
    for (const action of actions) {
      const match = /^dial (\S+) /.exec(action);
      if (match) dials.set(Node[i] + " " + match[1], i);
    }
  });
  return again;
});

// timesMore says how often a node went on to dial in vain after a moment; empty if it did not.
function timesMore(picture, moment) {
  const series = [...redialsOf(picture).values()].find((x) => x.moment === moment);
  if (!series) return "";
  const { times, node, peer, last } = series;
  return `${picture.Nodes[node].Name} dials ${peer} in vain ${times} ${times === 1 ? "time" : "times"} more, until ${seconds(picture.Moments.At[last])}`;
}

// cameBack returns what is worth telling of the time after a node that went down in a moment
// is up again: that, and how it is connected once more.
function cameBack(picture, moment) {
  const { At, Node, Text } = picture.Moments;
  const down = picture.Nodes.findIndex((node) => Text[moment] === "-- crash " + node.Name || Text[moment] === "-- vanish " + node.Name);
  if (down < 0) return [];
  const { Name, Lives } = picture.Nodes[down];
  const up = Lives.find((time, i) => i % 2 === 1 && time > At[moment]);
  if (up === undefined) return [];
  const fault = At.findIndex((time, i) => time === up && Node[i] < 0);
  const joins = At.findIndex((time, i) => time >= up && Node[i] >= 0 && (Node[i] === down ? / \| peer-up /.test(Text[i]) : Text[i].split(" | ").some((part) => part.split(" ", 2).join(" ") === "peer-up " + Name)));
  return [fault, joins].filter((i) => i >= 0);
}

// wentWell returns the end of the latest call that was replied to before those that are
// told of anyhow; -1 if there is none.
function wentWell(picture, told) {
  const { Text } = picture.Moments;
  const calls = new Set(told.flatMap((i) => Text[i].match(/k#\d+/g) || []));
  for (let i = Math.min(...told) - 1; i >= 0; i--) {
    const replied = /\| result \S+ (k#\d+) replied\b/.exec(Text[i]);
    if (replied && !calls.has(replied[1])) return i;
  }
  return -1;
}

// arrivalAt returns the frame that a moment is the arrival of; undefined if it is not one.
function arrivalAt(picture, moment) { return picture.Frames.find((frame) => frame.Arrived === moment && frame.Sent >= 0); }

// momentOfLine returns where a line of the scenario shows first, or -1.
function momentOfLine(picture, index) {
  const fault = picture.Faults.find((x) => x.Line === index);
  if (fault) {
    const { At, Node, Text } = picture.Moments;
    return At.findIndex((at, i) => at === fault.From && Node[i] < 0 && Text[i] === "-- " + fault.Text);
  }
  const frame = picture.Frames.find((x) => x.Line === index && x.Sent >= 0);
  return frame ? frame.Sent : -1;
}

// peopleOf says which nodes there are, and who has dialled whom.
function peopleOf(picture) {
  const dials = picture.Nodes.map(() => new Set());
  const { Node, Text } = picture.Moments;
  Text.forEach((text, i) => {
    const match = Node[i] >= 0 && / connect (\S+) at /.exec(text);
    if (match) dials[Node[i]].add(match[1]);
  });
  return picture.Nodes.map((node, i) => ({ name: node.Name, old: node.Old, dials: [...dials[i]] }));
}

// showStory writes the story, each part of which leads to its moment.
function showStory(picture, layout, go) {
  const moment = momentOf(picture);
  byId("story-panel").hidden = moment < 0;
  if (moment < 0) return;
  const broken = picture.Violations[0];
  byId("means").textContent = broken.Means || "";
  byId("people").textContent = peopleOf(picture).map((node) =>
    `${node.name}${node.old ? " (with the old software)" : ""}${node.dials.length ? " dials " + (node.dials.length > 4 ? node.dials.length + " others" : node.dials.join(", ")) : ""}`).join("; ") + ".";
  const needed = picture.Lines.map((line, i) => [line, i]).filter(([line]) => line.Needed && line.Kind !== "expect");
  byId("needed").replaceChildren(...needed.map(([line, i]) => entry("● " + lineWords(line.Text), momentOfLine(picture, i), go)));
  byId("needed-title").textContent = needed.length === 0 ? "No fault is necessary for it." : needed.length === 1 ? "Without this it does not happen" : "Without each of these it does not happen";
  byId("next").textContent = whereNext(picture, layout, moment, needed.length > 0);
  const { At } = picture.Moments;
  const items = [];
  let last = -1;
  for (const i of led(picture, moment, needed.map(([, line]) => line))) {
    if (last >= 0 && beside(picture, i, 1, -1)[0] > last) items.push(element("li", "", element("time", "…")));
    last = i;
    const item = entry(sentenceOf(picture, i), i, go, seconds(At[i]));
    item.classList.toggle("violation", i === moment);
    item.classList.toggle("fault", picture.Moments.Node[i] < 0);
    items.push(item);
    const frame = arrivalAt(picture, i);
    if (frame && (i === moment || frame.Harm)) item.lastChild.append(" ", cameFrom(picture, frame, go));
    const more = timesMore(picture, i);
    if (more) items.push(element("li", "", element("time", "…"), " ", element("div", more)));
  }
  const seen = element("li", "", element("time", ""), element("div", "✗ " + broken.What.split("\n")[0]));
  seen.className = "bad";
  byId("led").replaceChildren(...items, seen);
}

// cameFrom says where a frame that arrives has come from.
function cameFrom(picture, frame, go) {
  const { At } = picture.Moments;
  const from = picture.Nodes[frame.From] ? picture.Nodes[frame.From].Name : "a forger";
  const text = `(That ${frame.Command} left ${from} at ${seconds(At[frame.Sent])}, ${seconds(At[frame.Arrived] - At[frame.Sent])} before${frame.Harm ? ": " + frame.Harm + " ●" : ""}.)`;
  return entry(text, frame.Sent, go).firstChild.firstChild;
}

// entry makes an item of a list that leads to a moment, if there is one.
function entry(text, moment, go, time) {
  const body = moment < 0 ? element("span", text) : element("button", text);
  if (moment >= 0) {
    body.className = "to";
    body.type = "button";
    body.onclick = () => {
      go(moment);
      byId("frame").scrollIntoView({ block: "nearest" });
    };
  }
  return element("li", "", ...(time ? [element("time", time), " "] : []), element("div", "", body));
}
