const byId = (id) => document.getElementById(id);

// element makes an element with a text and children.
function element(name, text, ...children) {
  const e = document.createElement(name);
  if (text) e.textContent = text;
  e.append(...children);
  return e;
}

// table makes a table of texts.
function table(head, rows) {
  return element("table", "", element("thead", "", element("tr", "", ...head.map((text) => element("th", text)))),
    element("tbody", "", ...rows.map((row) => element("tr", "", ...row.map((text) => element("td", text))))));
}

// showVerdict says in words what the run has found.
function showVerdict(picture) {
  const broken = picture.Violations[0];
  const verdict = byId("verdict");
  verdict.className = broken ? "bad" : "good";
  verdict.textContent = broken ? `✗ ${broken.Property} is violated at ${seconds(broken.At)}: ${broken.Claim}` : "✓ Nothing was found: every property and expectation holds.";
  if (picture.Recorded) { // nothing was judged
    verdict.className = "";
    verdict.textContent = picture.Note;
  }
  byId("what").textContent = picture.Violations.map((v) => "Seen: " + v.What).join("\n");
  if (!broken) byId("means").textContent = "";
  const cut = byId("cut");
  const shown = picture.Last - picture.First + 1;
  cut.hidden = shown >= picture.Steps;
  cut.textContent = `The run has ${picture.Steps.toLocaleString("en")} steps. Shown are ${picture.First.toLocaleString("en")} to ${picture.Last.toLocaleString("en")}` +
    (broken ? ", around the violation." : picture.Recorded && picture.First > 1 ? ", around the first fault." : ", the first ones.");
  byId("digest").textContent = picture.Digest;
  byId("digest").parentElement.hidden = picture.Recorded;
  byId("seed").value = picture.Seed;
}

// showLegend says what colours and patterns stand for.
function showLegend() {
  const bands = { linked: "connected", trying: "dialling, joining or checking (striped)", waiting: "waiting to dial", limbo: "limbo or draining (crossed)" };
  const lines = { join: "about the connection: JOIN, STAY, PART, MEET", frame: "are you there: TICK, TOCK", request: "requests and replies: CALL, CAST, BACK, VOID", bad: "harmed or lost (✕)" };
  const sample = (kind, name) => {
    const mark = element("span");
    mark.className = kind;
    mark.style[kind === "line" ? "borderTopColor" : "background"] = `var(--${name})`;
    return mark;
  };
  const each = (kind, of) => Object.entries(of).flatMap(([name, text]) => [sample(kind, name), text]);
  byId("legend").replaceChildren(
    element("div", "A lane is a node; a dot on it is a step. Bands below are what that node believes of each peer:", ...each("swatch", bands), "."),
    element("div", "Arrows are frames, from the step that sends one to the step that it arrives in:", ...each("line", lines), "."),
    element("div", "Bars above a lane are calls, ✓ or ✗.", sample("swatch", "fault"), "shaded: a fault; ● without it, this would not have happened. The line with ✗ is the moment at which the rule was broken, ▼ the cursor; arrows of the step at the cursor are thick."));
}

// showNow says what happens at the cursor.
function showNow(picture, layout, cursor) {
  const { At, Step, Node, Text } = picture.Moments;
  const trace = element("p", Text[cursor] || "");
  trace.className = "trace";
  byId("now").replaceChildren(
    element("div", `${seconds(At[cursor])}, step ${Step[cursor]}${Node[cursor] < 0 ? "" : ": " + picture.Nodes[Node[cursor]].Name}`),
    element("ul", "", ...clausesOf(picture, cursor).map((part) => element("li", part))), trace);
  const rows = [];
  picture.Nodes.forEach((node, n) => {
    const at = At[cursor];
    if (node.Lives.filter((t) => t <= at).length % 2 === 1) {
      rows.push([node.Name, "", "is down"]);
      return;
    }
    for (const [peer] of layout.tracks[n]) {
      const belief = layout.beliefAt(n, peer, cursor);
      if (belief && belief.Known) rows.push([node.Name, picture.Names[peer], (belief.Active ? "✓ active, " : "✗ not active, ") + describeBelief(picture, belief)]);
    }
  });
  byId("beliefs").replaceChildren(table(["node", "peer", "believes"], rows));
}

// showSteps lists the steps around the cursor.
function showSteps(picture, cursor, hits, go) {
  const { At, Text } = picture.Moments;
  const around = 8;
  const from = Math.max(0, Math.min(cursor - around, At.length - 2 * around - 1));
  const broken = momentOf(picture);
  const items = [];
  for (let i = from; i < Math.min(At.length, from + 2 * around + 1); i++) {
    const time = element("time", seconds(At[i]));
    const item = element("li", "", time, element("span", short(sentenceOf(picture, i), 220)));
    item.title = Text[i];
    if (i === cursor) item.setAttribute("aria-current", "true");
    item.classList.toggle("violation", i === broken);
    item.classList.toggle("hit", hits.has(i));
    item.onclick = () => go(i);
    items.push(item);
  }
  byId("steps").replaceChildren(...items);
}

// short cuts a text that is too long.
function short(text, most) { return text.length > most ? text.slice(0, most) + " …" : text; }

// momentOf returns the moment of the first violation, or -1.
function momentOf(picture) {
  const broken = picture.Violations[0];
  if (!broken) return -1;
  const { At, Step } = picture.Moments;
  let i = firstFrom(At, broken.At);
  while (i + 1 < At.length && At[i + 1] === broken.At && Step[i + 1] <= broken.Step) i++;
  return Math.min(i, At.length - 1);
}

// showLines lists the lines of the scenario, each with a box. A box that can't be used
// shows what happened all the same.
function showLines(picture, off, usable) {
  const legend = byId("lines").firstElementChild;
  byId("lines").replaceChildren(legend, ...picture.Lines.filter((line) => line.Text).map((line) => {
    const i = picture.Lines.indexOf(line);
    const box = element("input");
    box.type = "checkbox";
    box.checked = !off.has(i);
    box.disabled = !usable;
    box.dataset.line = i;
    const kind = element("span", line.Kind);
    kind.className = "kind";
    const text = element("span", (line.Needed && line.Kind !== "expect" ? "● " : "") + line.Text);
    text.className = "text";
    const label = element("label", "", box, kind, text);
    label.classList.toggle("needed", line.Needed);
    label.classList.toggle("off", off.has(i));
    box.onchange = () => {
      if (box.checked) off.delete(i); else off.add(i);
      label.classList.toggle("off", !box.checked);
    };
    return label;
  }));
}

// showCalls lists every call, for those who can't see the bars.
function showCalls(picture) {
  byId("calls-panel").hidden = picture.Calls.length === 0;
  byId("calls").replaceChildren(table(["node", "call", "began", "ended", "outcomes"], picture.Calls.slice(0, 500).map((call) => [
    call.Node < 0 ? "" : picture.Nodes[call.Node].Name, callText(call), seconds(call.Began), call.Ended < 0 ? "not yet" : seconds(call.Ended),
    call.Rows.map((row) => row.Peer + ": " + row.Outcome).join(", "),
  ])));
}
