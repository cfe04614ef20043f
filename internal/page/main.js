// A Page holds what is shown, and what people do with it.
class Page {
  constructor(data) {
    this.data = data;
    this.engine = new Engine();
    this.painter = new Painter(byId("picture"));
    this.hits = new Set();
    this.hit = -1;
    this.base = data.Views[0];
    this.off = new Set();
    this.due = false;
    this.touched = false; // somebody has zoomed or moved the picture
  }

  // show shows a picture, with the cursor at its violation.
  show(picture) {
    this.picture = picture;
    this.hits = new Set();
    byId("found").textContent = "";
    this.rescale();
    const broken = momentOf(picture);
    this.cursor = Math.max(picture.Recorded ? picture.Moments.Node.indexOf(-1) : broken, 0);
    byId("to-violation").disabled = broken < 0;
    showVerdict(picture);
    showCalls(picture);
    showStory(picture, this.layout, (i) => this.go(i));
    showGlossary(picture);
    byId("picture").setAttribute("aria-label", `A picture of the run: ${picture.Nodes.length} nodes, ${picture.Moments.At.length} moments, ${picture.Frames.length} frames. ${byId("verdict").textContent}`);
    this.frame();
  }

  // frame shows the whole run with the cursor in it; of a long one the part around that.
  frame() {
    this.whole();
    this.touched = false;
    const enough = 600 / Math.max(this.scale.width, 1); // a long run begins near the violation
    if (this.zoom < 0.35 * enough || this.scale.width * this.zoom / this.picture.Moments.At.length < 12) {
      this.zoom = 1.6;
      this.centre();
    }
    this.go(this.cursor);
  }

  rescale() {
    this.layout = new Layout(this.picture, byId("picture").clientWidth);
    this.scale = new Scale(this.picture.Moments.At, byId("true-time").checked);
  }

  // room is how wide the run may be drawn: behind its last step stand the arrows of what
  // that sends, and their names.
  get room() {
    const width = byId("picture").clientWidth;
    return Math.max(width - this.layout.gutter - (width < 600 ? 48 : 84), 50);
  }

  whole() {
    this.touched = true;
    this.zoom = this.room / Math.max(this.scale.width, 1);
    this.left = -4 / this.zoom;
    this.paint();
  }

  // centre brings the cursor to the middle, unless half of the picture were empty then.
  centre() {
    const room = this.room / this.zoom, margin = 4 / this.zoom;
    const left = Math.min(this.scale.x[this.cursor] - room / 2, this.scale.width - room + margin);
    this.left = Math.max(left, -margin);
  }

  // zoomBy zooms around a place on the screen, or the cursor.
  zoomBy(factor, x) {
    this.touched = true;
    const at = x === undefined ? this.scale.x[this.cursor] : this.left + (x - this.layout.gutter) / this.zoom;
    const least = Math.min(this.room / Math.max(this.scale.width, 1), 1);
    const zoom = Math.min(Math.max(this.zoom * factor, least), 4000);
    this.left = at - (at - this.left) * this.zoom / zoom;
    this.zoom = zoom;
    this.paint();
  }

  // go moves the cursor to a moment.
  go(moment) {
    const last = this.picture.Moments.At.length - 1;
    if (last < 0) return;
    this.cursor = Math.max(0, Math.min(moment, last));
    const x = (this.scale.x[this.cursor] - this.left) * this.zoom;
    if (x < 0 || x > this.room) this.centre();
    showNow(this.picture, this.layout, this.cursor);
    showSteps(this.picture, this.cursor, this.hits, (i) => this.go(i));
    this.paint();
  }

  // paint draws at the browser's next chance.
  paint() {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => {
      this.due = false;
      this.painter.paint(this);
    });
  }

  search() {
    const [how, a, b, c] = ["how", "term-a", "term-b", "term-c"].map((id) => byId(id).value.trim());
    const needs = { text: [a], before: [a, b], never: [a, b, c] }[how];
    if (needs.some((term) => term === "")) {
      byId("found").textContent = "fill in " + ["A", "B", "C"].slice(0, needs.length).join(", ");
      return;
    }
    let found;
    try {
      found = find(this.picture.Moments.Text, how, a, b, c);
    } catch (wrong) {
      byId("found").textContent = wrong.message;
      return;
    }
    this.hits = new Set(found.hits);
    byId("found").textContent = found.say;
    this.next();
  }

  // next goes to the next hit behind the cursor, or the first one.
  next() {
    const hits = [...this.hits];
    if (hits.length === 0) { this.go(this.cursor); return; }
    this.go(hits.find((i) => i > this.cursor) ?? hits[0]);
  }

  // choose makes one of the runs that came with the page the one to work with.
  choose(view) {
    this.base = view;
    this.off = new Set();
    byId("views").hidden = this.data.Views.length < 2;
    for (const button of byId("views").children) button.setAttribute("aria-pressed", button.textContent === view.Name);
    showLines(view.Picture, this.off, this.live);
    byId("outcome").textContent = "";
    this.show(view.Picture);
  }

  // rerun runs the scenario again without what is not ticked.
  async rerun() {
    const outcome = byId("outcome");
    outcome.textContent = "Running ...";
    outcome.className = "";
    const base = this.base.Picture;
    try {
      const answer = await this.engine.ask({ Do: "run", Scenario: base.Scenario, Seed: byId("seed").value.trim(), Off: [...this.off], Needed: false });
      if (answer.Problem) throw new Error(answer.Problem.What);
      this.show(answer.Picture);
      this.tell(answer.Picture, base);
    } catch (wrong) {
      outcome.textContent = wrong.message;
      outcome.className = "bad";
    }
  }

  // tell says what has become of the run.
  tell(picture, base) {
    const was = base.Violations[0], is = picture.Violations[0];
    let text = is ? `${is.Property} is violated at ${seconds(is.At)}.` : was ? "The violation is gone." : "Nothing was found.";
    if (this.off.size === 0 && picture.Seed === base.Seed) {
      text += picture.Digest === base.Digest ? " The digest is the one of the command line." : " The digest is another one than the command line gave: this page was made from other sources.";
    }
    byId("outcome").textContent = [text, picture.Note].filter(Boolean).join(" ");
    byId("outcome").className = is ? "bad" : "";
  }

  async copy() {
    const said = byId("copied");
    try {
      await navigator.clipboard.writeText(this.picture.Scenario);
      said.textContent = "Copied.";
    } catch {
      const area = element("textarea");
      area.value = this.picture.Scenario;
      document.body.append(area);
      area.select();
      said.textContent = document.execCommand("copy") ? "Copied." : "This browser does not let a page copy.";
      area.remove();
    }
  }

  listen() {
    const click = (id, f) => { byId(id).onclick = f; };
    click("to-violation", () => this.go(momentOf(this.picture)));
    click("back", () => this.go(this.cursor - 1));
    click("forth", () => this.go(this.cursor + 1));
    click("closer", () => this.zoomBy(1.5));
    click("wider", () => this.zoomBy(1 / 1.5));
    click("whole", () => this.whole());
    click("copy", () => this.copy());
    click("all", () => { this.off.clear(); showLines(this.base.Picture, this.off, this.live); });
    byId("true-time").onchange = () => { this.rescale(); this.whole(); this.go(this.cursor); };
    byId("again").onsubmit = (event) => { event.preventDefault(); this.rerun(); };
    byId("search").onsubmit = (event) => { event.preventDefault(); this.search(); };
    byId("how").onchange = () => {
      const how = byId("how").value;
      byId("term-a").placeholder = how === "text" ? "text" : "A";
      byId("term-b").hidden = how === "text";
      byId("term-c").hidden = how !== "never";
    };
    addEventListener("resize", () => {
      this.rescale();
      if (this.touched) this.go(this.cursor); else this.frame();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
    addEventListener("beforeprint", () => this.onPaper(true));
    addEventListener("afterprint", () => this.onPaper(false));
    this.listenToKeys();
    this.listenToPointer();
  }

  // onPaper draws the picture as wide as a sheet of paper, in light colours, with the cursor
  // in the middle; or as before. A browser prints a canvas as it finds it.
  onPaper(is) {
    document.documentElement.classList.toggle("print", is);
    byId("picture").style.width = is ? "700px" : "";
    this.rescale();
    if (is) {
      this.screen = { left: this.left, zoom: this.zoom };
      this.zoom = Math.max(this.zoom, this.room / Math.max(this.scale.width, 1));
      this.centre();
    } else {
      Object.assign(this, this.screen);
    }
    this.painter.paint(this);
  }

  listenToKeys() {
    const keys = {
      ArrowLeft: () => this.go(this.cursor - 1), ArrowRight: () => this.go(this.cursor + 1),
      PageUp: () => this.go(this.cursor - 20), PageDown: () => this.go(this.cursor + 20),
      Home: () => this.go(0), End: () => this.go(Infinity), "+": () => this.zoomBy(1.5), "=": () => this.zoomBy(1.5), "-": () => this.zoomBy(1 / 1.5),
      0: () => this.whole(), v: () => this.go(momentOf(this.picture)), n: () => this.next(), "/": () => byId("term-a").focus(),
    };
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || /INPUT|TEXTAREA|SELECT/.test(event.target.tagName) || !keys[event.key]) return;
      if (event.key === "v" && momentOf(this.picture) < 0) return;
      event.preventDefault();
      keys[event.key]();
    });
  }

  listenToPointer() {
    const canvas = byId("picture");
    let from = null;
    canvas.onpointerdown = (event) => {
      from = { x: event.offsetX, left: this.left, moved: false };
      canvas.setPointerCapture(event.pointerId);
    };
    canvas.onpointermove = (event) => {
      if (!from) return;
      from.moved ||= Math.abs(event.offsetX - from.x) > 3;
      if (from.moved) { this.touched = true; this.left = from.left - (event.offsetX - from.x) / this.zoom; this.paint(); }
    };
    canvas.onpointerup = (event) => {
      if (from && !from.moved) this.go(this.scale.nearest(this.left + (event.offsetX - this.layout.gutter) / this.zoom));
      from = null;
    };
    canvas.onpointercancel = () => { from = null; };
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) { this.touched = true; this.left += event.deltaX / this.zoom; this.paint(); return; }
      this.zoomBy(Math.exp(-event.deltaY / 400), event.offsetX);
    }, { passive: false });
  }
}

// start begins with what is in the page.
async function start() {
  const data = JSON.parse(new TextDecoder().decode(await unpack("data")));
  const page = new Page(data);
  window.page = page;
  showLegend();
  page.listen();
  byId("replay").textContent = data.Replay ? "On the command line: " + data.Replay : "";
  byId("views").replaceChildren(...data.Views.map((view) => {
    const button = element("button", view.Name);
    button.onclick = () => page.choose(view);
    return button;
  }));
  page.live = false;
  page.choose(data.Views[0]);
  try {
    page.live = await page.engine.start();
  } catch (wrong) {
    data.Static = "This browser can't run WebAssembly here: " + wrong.message;
  }
  byId("static").hidden = page.live;
  byId("static").textContent = "This page can't run anything again: " + (data.Static || "the simulation is not in it") + ".";
  byId("rerun-row").hidden = !page.live;
  if (!page.live) byId("run-title").textContent = "The scenario";
  showLines(page.base.Picture, page.off, page.live);
  if (data.Play && page.live) await play(page);
  document.documentElement.dataset.ready = "true";
}
