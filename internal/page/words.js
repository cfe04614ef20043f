// What stands in a trace is short. Here it becomes sentences, and its words have their
// meaning: a page is read by people who have never seen the protocol.

// glossary says what words of a trace mean, in the order in which they are shown. A
// name that ends with # stands with a number.
const glossary = {
  "JOIN": "the node that has dialled asks to be served by this connection",
  "STAY": "the answer to JOIN: you are connected, and I serve what you send by this connection",
  "PART": "this connection is over, and why; also the answer to JOIN that says no",
  "TICK": "are you there, and do you serve me? The node that has dialled asks so from time to time; TICKs are numbered",
  "TOCK": "the answer to TICK, with its number",
  "CALL": "a request: run this method and answer",
  "CAST": "a request that wants no answer",
  "BACK": "the answer to CALL: the reply, or an error",
  "MEET": "says which life of a node it is, and what its software can do; answered by MEET",
  "VOID": "nobody waits for the answer to that CALL any more",
  "Echo.Ping": "a method that every node of a simulation has; at the end of a run the world calls it itself, to see whether calls work",
  "WITH": "a CALL, CAST or BACK with metadata or a deadline",
  "dial#": "a connection that the node itself has made; its number rises with each new one",
  "listen#": "a connection that another node has made to it; its number rises with each new one",
  "active": "calls are offered to that peer",
  "Waiting": "pauses before it dials again",
  "Reaching": "dials; no connection is up",
  "Probe": "the connection is up; it asks by TICK whether the peer serves it already",
  "Handshake": "the connection is up; it has sent JOIN, or is about to, and waits for STAY",
  "Limbo": "an old peer has said STAY, but has not answered a TICK since",
  "Connected": "its dial is up, and the last TICK was answered",
  "Check": "its dial is up, and a TICK waits for its answer",
  "Draining": "its dial is about to end, as the peer's own connection is used",
  "Serving": "the peer's connection has joined, and is served",
  "stale-link": "ignored, since a newer connection has taken the place of that one",
  "not-joined": "ignored, since that connection has not joined: there was no JOIN, or the node has forgotten it",
  "unexpected": "ignored, since nothing waits for it",
  "mismatch": "ignored: a TOCK with another number, or the answer to another method",
  "wrong-network": "ignored: the peer belongs to another network",
  "wrong-direction": "ignored: the other end of a connection never sends that",
  "own-name": "ignored: it claims the name of the node that gets it",
  "undecodable": "ignored: it can't be read",
  "overload": "turned away, since too many requests are being served",
  "duplicate-request": "ignored, since that request has run, or is running",
  "late-back": "ignored: the answer to a call that is over, or a second one",
  "foreign-back": "ignored: the answer of a peer that was not asked",
  "twin": "another node has taken the place of this one, with its name",
};

// reasons are those of a PART, by the second byte of its payload.
const reasons = { "01": "not joined", "02": "wrong network", "03": "leaving", "04": "replaced by a newer connection" };

// detail says what else there is to know of a frame.
function detail(command, rest) {
  const body = /([0-9a-f]{2,})(\.\.\d+)?$/.exec(rest);
  const method = /"([^"]*)"/.exec(rest), id = idOf(rest);
  switch (command) {
    case "TICK": case "TOCK": return body && body[1].length === 16 ? " " + BigInt("0x" + body[1]) : "";
    case "PART": return body && reasons[body[1].slice(2, 4)] ? ` (${reasons[body[1].slice(2, 4)]})` : "";
    case "CALL": case "CAST": case "BACK": case "VOID": return (id ? ` ${id}` : "") + (method ? ` of ${method[1]}` : "");
  }
  return "";
}

// eventForms and actionForms turn a part of a line of a trace into a clause about its node.
const eventForms = [
  [/^frame (\S+) (\S+) (\S+)(.*)$/, (m) => `gets ${m[3]}${detail(m[3], m[4])} from ${m[2]} by ${m[1]}`],
  [/^timeout$/, () => "wakes up by a timer"],
  [/^connect (\S+) at/, (m) => `is told by its user to connect to ${m[1]}`],
  [/^disconnect (\S+)/, (m) => `is told by its user to disconnect from ${m[1]}`],
  [/^redial (\S+)/, (m) => `is told by its user that the way to ${m[1]} is free again`],
  [/^call (k#\d+) (\S+) (\S+) .*?"([^"]*)"(.*)$/, (m) => `is told by its user to call ${m[4]} at ${m[2]}${withTexts(m[5])}, timeout ${m[3]} (call ${m[1]})`],
  [/^cast (\S+) .*?"([^"]*)"/, (m) => `is told by its user to cast ${m[2]} to ${m[1]}`],
  [/^cancel (k#\d+)/, (m) => `is told by its user to give call ${m[1]} up`],
  [/^reply (ticket#\d+)(.*)$/, (m) => "has a handler that has ended" + (m[2].includes(" error ") ? ", with an error" : "")],
  [/^link-up (\S+) (\S+)/, (m) => `has ${m[1]} to ${m[2]} up`],
  [/^link-lost (\S+) (\S+) (\S+)/, (m) => `loses ${m[1]} to ${m[2]}: ${m[3]}`],
  [/^send-refused (\S+) (\S+) (\S+)(.*?)(\S*)$/, (m) => `could not send ${m[3]} to ${m[2]} by ${m[1]}: ${m[5]}`],
  [/^stop$/, () => "is closed by its user"],
];
const actionForms = [
  [/^send (\S+) (\S+) (\S+)(.*)$/, (m) => `sends ${m[3]}${detail(m[3], m[4])} to ${m[2]} by ${m[1]}${m[3] === "BACK" ? ": " + answerOf(m[4]) : ""}`],
  [/^dial (\S+) (\S+) at/, (m) => `dials ${m[2]}, as ${m[1]}`],
  [/^hang-up (\S+) (\S+)/, (m) => `hangs up ${m[1]} to ${m[2]}`],
  [/^serve (\S+) (\S+) (\S+).*?"([^"]*)"/, (m) => `runs the handler of ${m[4]} for ${m[2]}`],
  [/^cancel (ticket#\d+)/, () => "tells a handler that nobody waits for it"],
  [/^result (\S+) (k#\d+)(.*)$/, (m) => `call ${m[2]} has ended at ${m[1]}: ${m[3].replace(/ id#\d+/, "").trim().split(" ")[0]}${withTexts(m[3])}`],
  [/^done (k#\d+)/, (m) => `call ${m[1]} is over`],
  [/^peer-up (\S+)/, (m) => `has ${m[1]} as an active peer from now on`],
  [/^peer-down (\S+) ?(.*)$/, (m) => `does not have ${m[1]} as an active peer any more` + (m[2] ? `: ${m[2]}` : "")],
  [/^drop (\S+) (\S+) (\S+) (\S+)/, (m) => `ignores ${m[3]} of ${m[2]} by ${m[1]}: ${m[4]}`],
  [/^refuse(.*)$/, (m) => `refuses that to its user:${m[1]}`],
  [/^stopped$/, () => "has stopped"],
];

function clause(part, forms) {
  for (const [pattern, say] of forms) {
    const match = pattern.exec(part);
    if (match) return say(match);
  }
  return part;
}

// clausesOf returns what a node is told in a moment, and what it does about it, as clauses.
function clausesOf(picture, moment) {
  const { Node, Text } = picture.Moments;
  const text = Text[moment] || "";
  if (Node[moment] < 0) return [faultWords(text.replace(/^-- /, ""))];
  const name = picture.Nodes[Node[moment]].Name;
  const [event, ...actions] = (text.startsWith(name + " ") ? text.slice(name.length + 1) : text).split(" | ");
  const said = (part, forms) => withCall(picture, moment, part, clause(part, forms));
  return [said(event, eventForms), ...actions.map((part) => said(part, actionForms))];
}

// sentenceOf says in one sentence what happens in a moment.
function sentenceOf(picture, moment) {
  const node = picture.Moments.Node[moment];
  return (node < 0 ? "" : picture.Nodes[node].Name + " ") + clausesOf(picture, moment).join("; ");
}

// faultForms turn a fault of a scenario into a clause.
const lasts = (text) => text ? text : ", until that is over";
const faultForms = [
  [/^connect (\S+) -> (\S+)/, (m) => `the user of ${m[1]} wants it connected to ${m[2]}`],
  [/^disconnect (\S+) -> (\S+)/, (m) => `the user of ${m[1]} wants it disconnected from ${m[2]}`],
  [/^call (\S+) -> (.+?) (\S+\.\S+)(.*)$/, (m) => `the user of ${m[1]} calls ${m[3]} at ${m[2]}${m[4]}`],
  [/^cast (\S+) -> (.+?) (\S+\.\S+)(.*)$/, (m) => `the user of ${m[1]} casts ${m[3]} to ${m[2]}${m[4]}`],
  [/^stop (\S+)$/, (m) => `the user of ${m[1]} closes it`],
  [/^crash (\S+)$/, (m) => `the process of ${m[1]} ends, and all that it had in memory is gone`],
  [/^vanish (\S+)$/, (m) => `the machine of ${m[1]} loses power: nobody is told`],
  [/^restart (\S+)(.*)$/, (m) => `${m[1]} starts again, as a new process${m[2]}`],
  [/^pause (\S+)( for \S+)?$/, (m) => `the process of ${m[1]} stands still${lasts(m[2])}`],
  [/^deaf (\S+)( for \S+)?$/, (m) => `${m[1]} accepts no connections${lasts(m[2])}`],
  [/^slow (\S+) by (\S+)( for \S+)?$/, (m) => `handlers of ${m[1]} take at least ${m[2]} each${lasts(m[3]).replace(" for", ", for")}`],
  [/^partition (.+?)( for \S+)?$/, (m) => `the network is cut between ${m[1].replaceAll(" | ", " and ")}${lasts(m[2])}`],
  [/^isolate (\S+)( for \S+)?$/, (m) => `the network is cut between ${m[1]} and everybody${lasts(m[2])}`],
  [/^cut (\S+) -> (\S+)( for \S+)?$/, (m) => `nothing gets from ${m[1]} to ${m[2]}${lasts(m[3])}`],
  [/^clog (\S+) -> (\S+)( for \S+)?$/, (m) => `what ${m[1]} sends to ${m[2]} is held back${lasts(m[3])}, then comes at once`],
  [/^full (\S+) -> (\S+)( for \S+)?$/, (m) => `${m[1]} can send nothing to ${m[2]}, and is told so${lasts(m[3])}`],
  [/^break (\S+) - (\S+)$/, (m) => `the connections between ${m[1]} and ${m[2]} break`],
  [/^end of (.*)$/, (m) => `that is over: ${m[1]}`],
  [/^heal$/, () => "all faults are over"],
];
const fateForms = [
  [/^drop\b/, () => "never arrives"],
  [/^dup\b/, () => "arrives more than once"],
  [/^delay (\S+)/, (m) => `arrives ${m[1]} late`],
  [/^reorder\b/, () => "may be overtaken by what was sent later"],
  [/^corrupt\b/, () => "arrives with a bit changed"],
  [/^refuse\b/, () => "can't be sent, and its sender is told so"],
  [/^break\b/, () => "breaks its connection"],
];

function faultWords(text) { return clause(text, faultForms); }

// lineWords says in a sentence what a line of a scenario does.
function lineWords(text) {
  const rule = /^(?:maybe )?on (\S+) (\S+)->(\S+) #(\S+) (.*)$/.exec(text);
  if (rule) {
    const [, command, from, to, n, fate] = rule;
    const then = /^(.*?)\s*then (.*)$/.exec(fate);
    const what = then ? [then[1] && clause(then[1], fateForms), "with it: " + faultWords(then[2])].filter(Boolean).join("; ") : clause(fate, fateForms);
    return `${command} number ${n} from ${from} to ${to} ${what}.`;
  }
  const at = /^at (\S+) (.*)$/.exec(text);
  return at ? `At ${at[1]} ${faultWords(at[2])}.` : text;
}

// showGlossary explains the words that a picture has in it, and only those.
function showGlossary(picture) {
  const text = picture.Moments.Text.join("\n");
  const states = new Set(picture.Beliefs.flatMap((b) => b.Known ? [picture.States[b.Dial], picture.States[b.Listen]] : []));
  const stands = (word) => new RegExp("(^|[ \"])" + word.replace(".", "\\.") + (word.endsWith("#") ? "" : "(?![a-z-])"), "m").test(text);
  const items = Object.entries(glossary).filter(([word]) => word === "active" || states.has(word) || stands(word));
  byId("glossary").replaceChildren(...items.map(([word, meaning]) => element("div", "", element("dt", word.endsWith("#") ? word + "1" : word), element("dd", meaning))));
}
