// seconds writes a time of the world.
function seconds(ns) {
  const s = ns / 1e9;
  if (s >= 100) return s.toFixed(1) + " s";
  return s.toFixed(s >= 1 ? 3 : 6).replace(/(\.\d{3}\d*?)0+$/, "$1") + " s";
}

// firstFrom returns the first index of a sorted list at which a value is at least that.
function firstFrom(list, value) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < value) low = middle + 1; else high = middle;
  }
  return low;
}

// A Scale says where moments are. Most runs are bursts with long silences between them,
// so that silence is drawn by its logarithm, unless true time is asked for.
class Scale {
  constructor(at, trueTime) {
    this.at = at;
    this.x = new Float64Array(at.length);
    const span = at.length > 1 ? at[at.length - 1] - at[0] : 0;
    for (let i = 1; i < at.length; i++) {
      const gap = at[i] - at[i - 1];
      this.x[i] = trueTime && span > 0 ? (at[i] - at[0]) / span * 1000
        : this.x[i - 1] + 6 + 7 * Math.log10(1 + gap / 1e6);
    }
  }

  get width() { return this.x.length ? this.x[this.x.length - 1] : 0; }

  // of returns where a time is, between the moments around it.
  of(time) {
    const i = firstFrom(this.at, time);
    if (i >= this.at.length) return this.width;
    if (i === 0 || this.at[i] === time) return this.x[i];
    const part = (time - this.at[i - 1]) / (this.at[i] - this.at[i - 1]);
    return this.x[i - 1] + part * (this.x[i] - this.x[i - 1]);
  }

  // nearest returns the moment that is nearest to a place.
  nearest(x) {
    const i = firstFrom(this.x, x);
    if (i >= this.x.length) return this.x.length - 1;
    return i > 0 && x - this.x[i - 1] < this.x[i] - x ? i - 1 : i;
  }
}
