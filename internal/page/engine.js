// unpack returns the bytes of a script element that holds gzip in base64.
async function unpack(id) {
  const text = document.getElementById(id).textContent.trim();
  if (text === "") return null;
  const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// serve is the whole of the worker: it compiles the module once, and runs it for each
// request.
function serve() {
  let module;
  onmessage = async (event) => {
    const { id, wasm, request } = event.data;
    try {
      if (wasm) module = await WebAssembly.compile(wasm);
      const answer = request ? runWasi(module, new TextEncoder().encode(request)) : new Uint8Array();
      postMessage({ id, answer: new TextDecoder().decode(answer) });
    } catch (wrong) {
      postMessage({ id, wrong: String(wrong) });
    }
  };
}

// An Engine redoes runs, beside the page so that it stays alive meanwhile; where a
// browser gives no worker, in it.
class Engine {
  constructor() { this.waiting = new Map(); this.last = 0; }

  // start takes the module out of the page. Its result says whether there is one.
  async start() {
    const wasm = await unpack("wasm");
    if (!wasm) return false;
    try {
      const source = `${runWasi}\n(${serve})()`;
      this.worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
      this.worker.onmessage = (event) => this.finish(event.data);
      this.worker.onerror = (event) => { for (const id of this.waiting.keys()) this.finish({ id, wrong: event.message }); };
      await this.post({ wasm });
    } catch {
      this.worker = null;
      this.module = await WebAssembly.compile(wasm);
    }
    return true;
  }

  post(message) {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, ...message });
    });
  }

  finish({ id, answer, wrong }) {
    const waiter = this.waiting.get(id);
    this.waiting.delete(id);
    if (!waiter) return;
    if (wrong) waiter.reject(new Error(wrong));
    else waiter.resolve(answer);
  }

  // ask has a request of package sim/picture answered.
  async ask(request) {
    const text = JSON.stringify(request);
    const answer = this.worker ? await this.post({ request: text })
      : new TextDecoder().decode(runWasi(this.module, new TextEncoder().encode(text)));
    return JSON.parse(answer);
  }
}
