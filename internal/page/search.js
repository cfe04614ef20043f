// meets says whether a moment's text has a term in it, whatever its letters' case. A
// term between slashes is a regular expression.
function meets(term) {
  const pattern = /^\/(.+)\/$/.exec(term);
  if (pattern) {
    const expression = new RegExp(pattern[1], "i");
    return (text) => expression.test(text);
  }
  const low = term.toLowerCase();
  return (text) => text.toLowerCase().includes(low);
}

// find looks for something in the moments. It returns the indices of hits, in order,
// and what there is to say of them.
function find(texts, how, a, b, c) {
  const isA = meets(a);
  if (how === "text") {
    const hits = [];
    texts.forEach((text, i) => { if (isA(text)) hits.push(i); });
    return { hits, say: hits.length + (hits.length === 1 ? " step" : " steps") };
  }
  const isB = meets(b);
  if (how === "before") return findBefore(texts, isA, isB);
  return findNever(texts, isA, isB, meets(c));
}

// findBefore finds each B, and says before how many of them no A was.
function findBefore(texts, isA, isB) {
  const hits = [];
  let seen = false, without = 0;
  texts.forEach((text, i) => {
    if (isB(text)) {
      hits.push(i);
      if (!seen) without++;
    }
    if (isA(text)) seen = true;
  });
  if (hits.length === 0) return { hits, say: "there is no B" };
  return { hits, say: without === 0 ? `A was before each of ${hits.length} B` : `no A was before the first ${without} of ${hits.length} B` };
}

// findNever finds each C that follows a B, and says in how many of these stretches an A
// was: those come first.
function findNever(texts, isA, isB, isC) {
  const broken = [];
  let from = -1, a = -1, stretches = 0;
  texts.forEach((text, i) => {
    if (from >= 0 && isC(text)) {
      stretches++;
      if (a >= 0) broken.push(a);
      from = -1;
    } else if (from < 0 && isB(text)) {
      from = i;
      a = -1;
    } else if (from >= 0 && a < 0 && isA(text)) {
      a = i;
    }
  });
  if (stretches === 0) return { hits: [], say: "there is no B with a C behind it" };
  if (broken.length === 0) return { hits: [], say: `true: no A in ${stretches} stretches from B to C` };
  return { hits: broken, say: `not so: an A in ${broken.length} of ${stretches} stretches from B to C` };
}
