
"use strict";
// The page is made by the node alone. When it tells that something has changed, the page is
// loaded again, and what differs is taken over: focus, selection and scroll stay, and only
// what is new is read out.
(() => {
  const say = (text, live) => {
    const at = document.getElementById("live");
    if (at.textContent !== text) at.textContent = text;
    at.toggleAttribute("data-live", live);
  };

  // take makes old, and all below it, what fresh is.
  const take = (old, fresh) => {
    if (old.isEqualNode(fresh) || old.nodeType === 1 && old.hasAttribute("data-keep")) return;
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
      old.replaceWith(fresh);
      return;
    }
    if (old.nodeType !== 1) {
      old.nodeValue = fresh.nodeValue;
      return;
    }
    for (const a of [...old.attributes]) if (!fresh.hasAttribute(a.name)) old.removeAttribute(a.name);
    for (const a of fresh.attributes) if (old.getAttribute(a.name) !== a.value) old.setAttribute(a.name, a.value);
    if (old.id === "log") takeKeyed(old, fresh);
    else takeChildren(old, fresh);
  };

  const takeChildren = (old, fresh) => {
    const after = [...fresh.childNodes];
    [...old.childNodes].forEach((child, i) => i < after.length ? take(child, after[i]) : child.remove());
    for (const child of after.slice(old.childNodes.length)) old.append(child);
  };

  // takeKeyed adds the new events in front, and leaves the others as they are.
  const takeKeyed = (old, fresh) => {
    const known = new Map([...old.children].map((child) => [child.dataset.key, child]));
    const all = [...fresh.children].map((child) => known.get(child.dataset.key) ?? child);
    for (const child of [...old.childNodes]) if (!all.includes(child)) child.remove();
    all.forEach((child, i) => { if (old.childNodes[i] !== child) old.insertBefore(child, old.childNodes[i] ?? null); });
  };

  let busy = false, again = false;
  const load = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const answer = await fetch("./", { cache: "no-store" });
      if (!answer.ok) throw new Error(answer.statusText);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
      take(document.getElementById("main"), fresh);
    } catch {
      say("not live: the node's page does not answer", false);
    }
    busy = false;
    if (again) {
      again = false;
      load();
    }
  };

  const closed = () => document.getElementById("main").hasAttribute("data-closed");
  if (closed()) return;
  const events = new EventSource("events");
  events.addEventListener("open", () => say("live", true));
  events.addEventListener("error", () => say(events.readyState === EventSource.CLOSED ? "not live" : "not live: connecting again", false));
  events.addEventListener("state", async (e) => {
    const over = JSON.parse(e.data).node.closed;
    if (over) events.close();
    await load();
    if (over) say("closed", false);
  });
})();
