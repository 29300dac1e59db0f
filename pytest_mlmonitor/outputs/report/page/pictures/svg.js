/* What every picture is made of: its box, scales, ticks, and text that is measured before it is drawn. */

const NARROW = 500;
/* Pixels of width below which labels stand inside the picture instead of beside it. */

const drawings = new WeakMap();
// In the next frame: a picture that was drawn within the notification changes its box, and the browser calls that a loop.
const boxes = new ResizeObserver(entries => requestAnimationFrame(() =>
  entries.forEach(({target, contentRect}) => drawInto(target, Math.floor(contentRect.width)))));

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

/* Seconds between two marks of a time axis: an hour to ten years. */
const STEPS = [3600, 10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000, 7776000, 31536000, 94608000, 315360000];

/** Return the marks of a time axis between two moments in epoch seconds, as [moment, words], so many pixels apart at least. */
function moments(from, to, width, apart = 72) {
  const span = to - from;
  if (!(span > 0)) return [];
  const wanted = Math.max(1, width / apart);
  const step = STEPS.find(size => span / size <= wanted) || span;
  const marks = [];
  for (let moment = Math.ceil(from / step) * step; moment < to && marks.length < 200; moment += step) {
    const midnight = moment % 86400 === 0;
    const words = step >= 2592000 ? `${day(moment * 1000)} ${year(moment * 1000)}` : midnight ? day(moment * 1000) : clock(moment * 1000);
    marks.push([moment, words]);
  }
  return marks;
}

/** Return the axis of moments below a picture: a tick and its words each, as far as there is room for them. */
function timeAxis(from, to, place, y) {
  const end = place(to);
  return moments(from, to, end - place(from)).map(([moment, words]) => {
    const x = place(moment);
    return [
      s("line", {class: "tick", x1: round(x), x2: round(x), y1: y, y2: y + 4}),
      widthOf(words) <= end - x - 3 ? label(x + 3, y + 14, words, end - x - 3) : null,
    ];
  });
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
const measured = {family: "", digits: new Map()};
/* Asked for once: every question for a style makes the browser work out those of the whole page. */

/** Return the width of words in pixels, in the type of the page. */
function widthOf(words, size = 11, weight = 400) {
  const text = plain(words);
  if (!measuring) return text.length * size * 0.65;
  measured.family = measured.family || getComputedStyle(document.body).fontFamily;
  measuring.font = `${weight} ${size}px ${measured.family}`;
  const letters = text.replace(/[0-9]/g, "");
  return measuring.measureText(letters).width + (text.length - letters.length) * digitWidth(weight) * size;
}

/* The width of a digit at one pixel of size: all have one (tabular-nums), which a canvas knows nothing of. */
function digitWidth(weight) {
  if (!measured.digits.has(weight)) {
    const sample = s("text", {class: weight === 400 ? null : "strong"}, "0".repeat(50));
    const place = s("svg", {class: "vh", "aria-hidden": "true"}, sample);
    document.body.append(place);
    measured.digits.set(weight, (sample.getComputedTextLength() || 50 * 11 * 0.65) / 50 / 11);
    place.remove();
  }
  return measured.digits.get(weight);
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

/* Classes of text that are bold: measured as such. */
const BOLD = new Set(["strong", "failed-text", "warned-text", "now"]);

/**
 * Return text that stays within room pixels of its place; where it was cut, the whole of it is the tooltip.
 * Of its attributes anchor is start, middle or end, kind one of strong, failed-text, warned-text, now, plain (or none), size 10, 11 or 12 pixels.
 */
function label(x, y, words, room, {anchor = "start", kind = null, size = 11} = {}) {
  const shown = fitted(words, room, size, BOLD.has(kind) ? 600 : 400);
  const cut = shown !== plain(words);
  const place = {x: round(x), y: round(y), "text-anchor": anchor === "start" ? null : anchor};
  return s("text", {...place, class: [kind, size === 11 ? "" : `size-${size}`].filter(Boolean).join(" ") || null}, shown, cut ? tooltip(words) : null);
}

/**
 * Return the texts that find room on one line, the first of them first, and leave out what would touch another one.
 * Of each: {x, words, kind, anchor}; where it would leave low … high it is moved back in.
 */
function labelsOnLine(wanted, y, low, high) {
  const taken = [];
  return wanted.map(({x, words, kind = null, anchor = "middle"}) => {
    const weight = BOLD.has(kind) ? 600 : 400;
    const shown = fitted(words, high - low, 11, weight);
    const width = widthOf(shown, 11, weight);
    const left = Math.max(low, Math.min(high - width, x - {start: 0, middle: width / 2, end: width}[anchor]));
    if (!shown || taken.some(([from, to]) => left < to + 8 && left + width > from - 8)) return null;
    taken.push([left, left + width]);
    return label(left, y, words, width + 1, {kind});
  });
}

/** Return texts beside a picture, each as near to its height as the others leave it: [{y, words, kind}]. */
function labelsBeside(wanted, x, room, low, high) {
  const sorted = [...wanted].sort((one, other) => one.y - other.y);
  const line = 12;
  let free = low;
  const places = sorted.map(({y}) => {
    const place = Math.max(free, y);
    free = place + line;
    return place;
  });
  // What was pushed out below comes back up, and pushes what is above it.
  let floor = high;
  for (let i = places.length - 1; i >= 0; i--) {
    places[i] = Math.min(places[i], floor);
    floor = places[i] - line;
  }
  return sorted.map(({words, kind}, i) => label(x, places[i] + 4, words, room, {kind}));
}

/** Return what a pointer at rest is told. */
function tooltip(words) {
  return s("title", {}, words);
}

/** Return the words of a caption with the sign that they stand for. */
function keyed(kind, words) {
  return h("span", {class: "keyed"}, h("span", {class: `key ${kind}`}), words);
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
  return h("div", {class: "vh"}, h("table", {},
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, headings.map(heading => h("th", {scope: "col"}, heading)))),
    h("tbody", {}, rows.map(row => h("tr", {}, row.map((cell, i) => h(i ? "td" : "th", {scope: i ? null : "row"}, cell)))))));
}
