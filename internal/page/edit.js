// play lets people write scenarios: errors at their line while they type, words that may
// come next, examples, and links that hold the scenario.
async function play(page) {
  const source = byId("source"), engine = page.engine;
  byId("editor").hidden = false;
  byId("run-title").textContent = "The scenario";
  byId("examples").replaceChildren(...page.data.Examples.map((example, i) => {
    const option = element("option", example.Name);
    option.value = i;
    return option;
  }));
  byId("examples").onchange = () => load(page.data.Examples[byId("examples").value].Scenario);
  byId("share").onclick = async () => {
    location.hash = await toLink(source.value);
    try {
      await navigator.clipboard.writeText(location.href);
      byId("shared").textContent = "Copied.";
    } catch {
      byId("shared").textContent = "It is in the address of this page.";
    }
  };
  let latest = 0;
  // check reads what is written, and shows what is wrong; it says whether nothing is.
  async function check() {
    const turn = ++latest;
    const answer = await engine.ask({ Do: "check", Scenario: source.value });
    if (turn !== latest) return false; // something was typed meanwhile
    const wrong = answer.Problem;
    byId("problem").textContent = wrong ? `line ${wrong.Line}: ${wrong.What}\n${wrong.Excerpt}` : "";
    source.setAttribute("aria-invalid", Boolean(wrong));
    byId("rerun").disabled = Boolean(wrong);
    return !wrong;
  }
  async function run() {
    if (!await check()) return;
    byId("outcome").textContent = "Running ...";
    const answer = await engine.ask({ Do: "run", Scenario: source.value, Needed: true });
    if (answer.Problem) return;
    const view = { Name: "run", Picture: answer.Picture };
    page.data.Views = [view];
    page.choose(view);
  }
  async function load(scenario) {
    source.value = scenario;
    byId("words").hidden = true;
    await run();
  }
  source.oninput = async () => {
    byId("shared").textContent = "";
    await check();
    await offer(engine, source, check);
  };
  source.onkeydown = (event) => {
    const words = byId("words");
    if (event.key === "Tab" && !words.hidden && words.firstElementChild) {
      event.preventDefault();
      words.firstElementChild.click();
    } else if (event.key === "Escape") {
      words.hidden = true;
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      run();
    }
  };
  // With the scenario as it was written, all is ticked; with less, the page runs what it
  // has read last.
  byId("again").onsubmit = async (event) => {
    event.preventDefault();
    if (page.off.size > 0 || byId("seed").value.trim() !== page.base.Picture.Seed) { await page.rerun(); return; }
    await run();
  };
  addEventListener("hashchange", async () => {
    const shared = await fromLink(location.hash);
    if (shared !== null && shared !== source.value) await load(shared);
  });
  await load(await fromLink(location.hash) ?? page.data.Examples[0].Scenario);
}

// offer shows the words that may come next where the caret is; Tab takes the first one.
async function offer(engine, source, check) {
  const before = source.value.slice(0, source.selectionStart);
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const begun = /[\w.]*$/.exec(line)[0];
  const answer = await engine.ask({ Do: "words", Scenario: line.slice(0, line.length - begun.length) });
  const words = (answer.Words || []).filter((word) => word.startsWith(begun) && word !== begun).slice(0, 12);
  const list = byId("words");
  list.hidden = words.length === 0 || line.trim() === "" || line.trimStart().startsWith("#");
  list.replaceChildren(...words.map((word) => {
    const item = element("li", word);
    item.setAttribute("role", "option");
    item.onclick = () => {
      const to = before.length;
      source.setRangeText(word.slice(begun.length) + " ", to, to, "end");
      list.hidden = true;
      source.focus();
      check();
    };
    return item;
  }));
}

// toLink packs a scenario into the fragment of an address, and fromLink takes it out:
// deflated, in the letters that addresses have.
async function toLink(scenario) {
  const stream = new Blob([scenario]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return "s=" + btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function fromLink(hash) {
  const packed = /^#s=([\w-]+)$/.exec(hash);
  if (!packed) return null;
  try {
    const bytes = Uint8Array.from(atob(packed[1].replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    return await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).text();
  } catch {
    return null;
  }
}
