/* What every picture is made of: its box, scales, ticks, and text that is measured before it is drawn. */

const NARROW = 500;
/* Pixels of width below which labels stand inside the picture instead of beside it. */

const drawings = new WeakMap();
const boxes = new ResizeObserver(entries => entries.forEach(({target, contentRect}) => drawInto(target, Math.floor(contentRect.width))));

/* Draw at the width of the box, so that text never scales; what cannot be drawn is said in words. */
function drawInto(box, width) {
  const drawing = drawings.get(box);
  if (!drawing || width < 1 || drawing.width === width) return;
  drawing.width = width;
  box.replaceChildren(attempted(() => drawing.draw(Math.max(width, drawing.least))));
}

/** Return what draw() returns, or a sentence that it cannot be drawn: a picture never takes the page with it. */
function attempted(draw) {
  try {
    return draw();
  } catch (reason) {
    return undrawn(reason instanceof RangeError ? reason.message : "its numbers are not what the picture needs");
  }
}

/** Return the words that stand where a picture cannot. */
function undrawn(reason) {
  return h("p", {class: "undrawn"}, `This picture cannot be drawn: ${reason}.`);
}

/** Return a box whose picture is drawn by draw(width), again whenever its width changes. */
function drawn(draw, least = 0) {
  const box = h("div", {class: "picture"});
  drawings.set(box, {draw, least, width: 0});
  boxes.observe(box);
  return box;
}

/* On paper the box has another width, and there is no time to observe it. */
addEventListener("beforeprint", () => document.querySelectorAll(".picture").forEach(box => drawInto(box, Math.floor(box.clientWidth))));

/** Return an SVG of so many pixels with its text alternative; without one it is decoration. */
function canvas(width, height, label, ...children) {
  const said = label ? {role: "img", "aria-label": label} : {"aria-hidden": "true"};
  return s("svg", {width, height, viewBox: `0 0 ${width} ${height}`, ...said}, children);
}

/** Return a function from a value to its pixel; values outside of low … high stay on the edge. */
function scale(low, high, from, to) {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return () => from;
  return value => from + Math.min(1, Math.max(0, (value - low) / span)) * (to - from);
}

/** Return round values within low … high, about as many as wanted. */
function ticks(low, high, wanted = 3) {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [];
  const rough = span / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(size => size >= rough);
  if (!(step > 0)) return [];
  const first = Math.ceil(low / step);
  const many = Math.min(wanted * 3, Math.floor(high / step) - first + 1);
  return Array.from({length: Math.max(0, many)}, (_, i) => (first + i) * step);
}

/** Return a path through points of pixels; where one is null the pen is lifted. */
function path(points) {
  let pen = false;
  const parts = points.map(point => {
    const part = point ? `${pen ? "L" : "M"}${round(point[0])} ${round(point[1])}` : "";
    pen = Boolean(point);
    return part;
  });
  return parts.join("");
}

/** Return the runs of points that have no null between them. */
function unbroken(points) {
  const runs = [[]];
  for (const point of points) {
    if (point) runs[runs.length - 1].push(point);
    else if (runs[runs.length - 1].length) runs.push([]);
  }
  return runs.filter(run => run.length);
}

function round(value) {
  return Math.round(value * 10) / 10;
}

const measuring = document.createElement("canvas").getContext("2d");

/** Return the width of words in pixels, in the type of the page. */
function widthOf(words, size = 11, weight = 400) {
  if (!measuring) return words.length * size * 0.62;
  measuring.font = `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`;
  return measuring.measureText(plain(words)).width;
}

/** Return as much of the words as has room, with … for the rest; nothing where not even one letter has. */
function fitted(words, room, size = 11, weight = 400) {
  const letters = Array.from(plain(words).replace(/\n/g, " "));
  const whole = letters.join("");
  if (letters.length < 400 && widthOf(whole, size, weight) <= room) return whole;
  let [kept, many] = [0, Math.min(letters.length, 400)];
  while (kept < many) {
    const middle = Math.ceil((kept + many) / 2);
    if (widthOf(letters.slice(0, middle).join("") + "…", size, weight) <= room) kept = middle;
    else many = middle - 1;
  }
  return kept ? letters.slice(0, kept).join("").trimEnd() + "…" : "";
}

/**
 * Return text that stays within room pixels of its place; where it was cut, the whole of it is the tooltip.
 * Attributes: anchor (start, middle, end), kind (the class), size, weight.
 */
function label(x, y, words, room, {anchor = "start", kind = null, size = 11, weight = 400} = {}) {
  const shown = fitted(words, room, size, weight);
  const cut = shown !== plain(words);
  const style = size === 11 ? null : `font-size:${size}px`;
  const place = {x: round(x), y: round(y), "text-anchor": anchor === "start" ? null : anchor};
  return s("text", {...place, class: kind, style}, shown, cut ? tooltip(words) : null);
}

/** Return what a pointer at rest is told. */
function tooltip(words) {
  return s("title", {}, words);
}

/** Return the largest of the values that are numbers; least where there is none. */
function largest(values, least = 0) {
  return values.reduce((most, value) => (isNumber(value) && value > most ? value : most), least);
}

/** Return the values as a list in which whatever is no number is null. */
function numbers(values) {
  return (Array.isArray(values) ? values : []).map(value => (isNumber(value) ? value : null));
}

/** Return a list, or an empty one for what is none. */
function list(values) {
  return Array.isArray(values) ? values : [];
}

/** Return a table that only screen readers meet: the numbers of a picture. */
function readAloud(caption, headings, rows) {
  return h("table", {class: "vh"},
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, headings.map(heading => h("th", {scope: "col"}, heading)))),
    h("tbody", {}, rows.map(row => h("tr", {}, row.map((cell, i) => h(i ? "td" : "th", {scope: i ? null : "row"}, cell))))));
}
