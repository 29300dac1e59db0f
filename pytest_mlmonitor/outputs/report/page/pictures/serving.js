/* A deployment over 24 hours: requests, latency and failures on one time axis, so that what came first is seen first. */

const PANELS = [
  {title: "Requests", height: 46, series: ["requests"]},
  {title: "Latency, ms", height: 72, series: ["p99", "p95"]},
  {title: "Requests", height: 46, series: ["failed", "rejected"], share: true},
];

/** Return the picture of {start, step, requests, p95, p99, failed, rejected, limits, gaps, retired, events}, of docs/report.md. */
function serving(data) {
  const series = Object.fromEntries(["requests", "p95", "p99", "failed", "rejected"].map(name => [name, numbers(data[name])]));
  const many = Math.max(...Object.values(series).map(values => values.length));
  const {start, step} = data;
  if (!isNumber(start) || !(step > 0) || !isNumber(step) || many < 1) return undrawn("no window is known");
  const end = start + many * step;
  const within = ([from, to]) => [Math.max(start, from), Math.min(end, to)];
  const retired = isNumber(data.retired) && data.retired < end ? Math.max(start, data.retired) : null;
  const gaps = list(data.gaps).filter(gap => Array.isArray(gap) && gap.every(isNumber)).map(within).filter(([from, to]) => to > from);
  const day24 = {
    start, step, end, many, series, gaps, retired,
    limits: data.limits || {},
    silent: silences(series, start, step, gaps, retired ?? end),
    events: list(data.events).filter(event => Array.isArray(event) && isNumber(event[0]) && event[0] >= start && event[0] <= end),
  };
  const words = servingInWords(day24);
  const caption = h("span", {});
  readout(caption, day24, null);
  return h("div", {},
    h("figcaption", {}, caption),
    drawn(width => drawServing(width, day24, words, moment => readout(caption, day24, moment))));
}

/* Above the picture stands what it shows, or while a pointer is on it the numbers of that moment. */
function readout(caption, {start, step, end, series}, moment) {
  const usual = `Last ${number((end - start) / 3600, 1)} hours, one point per ${duration(step)}`;
  const known = moment === null ? [] : Object.entries(series).filter(([, values]) => isNumber(values[moment]));
  const said = known.map(([name, values]) => `${name} ${FIGURES[name](values[moment])}${name.startsWith("p9") ? " ms" : ""}`);
  const time = `${clock((start + moment * step) * 1000)} to ${clock((start + (moment + 1) * step) * 1000)}`;
  caption.textContent = moment === null ? usual : `${time}: ${said.join(", ") || "no window"}`;
}

/* The stretches without any window that no gap says. */
function silences({requests, p95, p99, failed}, start, step, gaps, until) {
  const found = [];
  for (let i = 0; i < requests.length; i++) {
    const from = start + i * step;
    const middle = from + step / 2;
    const known = [requests, p95, p99, failed].some(values => isNumber(values[i]));
    if (known || middle > until || gaps.some(([low, high]) => low <= middle && middle <= high)) continue;
    const last = found[found.length - 1];
    if (last && last[1] === from) last[1] = from + step;
    else found.push([from, from + step]);
  }
  return found;
}

function lastOf(values) {
  return values.reduce((last, value) => (isNumber(value) ? value : last), null);
}

const FIGURES = {
  requests: value => number(value, 0),
  p95: value => number(value, 0),
  p99: value => number(value, 0),
  failed: percent,
  rejected: percent,
};

function servingInWords(day24) {
  const {start, step, end, series, limits, gaps, retired, events} = day24;
  const of = (name, words, unit = "") => {
    const [last, most] = [lastOf(series[name]), largest(series[name], -1)];
    if (last === null) return `${words}: none known`;
    const limit = isNumber(limits[name]) ? `, limit ${FIGURES[name](limits[name])}${unit}` : "";
    return `${words}: last ${FIGURES[name](last)}${unit}, highest ${FIGURES[name](most)}${unit}${limit}`;
  };
  return [
    `${number((end - start) / 3600, 1)} hours until ${instant(end * 1000)}`,
    of("requests", `Requests per ${duration(step)}`), of("p99", "p99", " ms"), of("p95", "p95", " ms"),
    of("failed", "Failed"), of("rejected", "Rejected"),
    ...gaps.map(gap => gapInWords(gap, day24)),
    ...events.map(([moment, event]) => `${event} ${clock(moment * 1000)}`),
    retired === null ? null : retired > start ? `Retired ${instant(retired * 1000)}` : "Retired before",
  ].filter(Boolean).join(". ");
}

/* The last step ends after the evaluation time, a gap that lasts ends with it. */
function isOpenGap([, to], {end, step}) {
  return to >= end - step;
}

function gapInWords(gap, day24) {
  const [from, to] = gap;
  return isOpenGap(gap, day24) ? `no windows since ${clock(from * 1000)}` : `no windows ${clock(from * 1000)} to ${clock(to * 1000)}`;
}

function drawServing(width, day24, words, told) {
  const narrow = width < NARROW;
  const beside = narrow ? 0 : Math.min(110, width * 0.2);
  const right = width - beside;
  const x = scale(day24.start, day24.end, 0, right);
  const [top, between] = [18, 22];
  const floors = [];
  let y = top;
  for (const panel of PANELS) {
    floors.push(y + 12 + panel.height);
    y += panel.height + between;
  }
  const floor = floors[floors.length - 1];
  const height = floor + 20;
  const pattern = `hatch-${hatches += 1}`;
  return canvas(width, height, words,
    hatch(pattern),
    bands(day24, x, top - 2, floor, pattern),
    PANELS.map((panel, i) => drawPanel(panel, floors[i], day24, x, right, beside, narrow)),
    day24.events.map(([moment, event]) =>
      s("line", {class: "event", x1: round(x(moment)), x2: round(x(moment)), y1: top - 2, y2: floor}, tooltip(`${event} ${clock(moment * 1000)}`))),
    labelsOnLine(topLabels(day24, x), 11, 0, width),
    timeAxis(day24.start, day24.end, x, floor),
    pointed(day24, right, top, floor, told));
}

let hatches = 0;

function hatch(id) {
  return s("defs", {}, s("pattern", {id, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)"},
    s("rect", {class: "hatching", width: 5, height: 5}), s("line", {class: "hatching", x1: 0, y1: 0, x2: 0, y2: 5})));
}

/* Gaps that count are hatched, other silence is pale, retirement is grey. */
function bands({gaps, silent, retired, end}, x, top, floor, pattern) {
  const band = ([from, to], kind, fill = null) =>
    s("rect", {class: kind, x: round(x(from)), y: top, width: round(Math.max(2, x(to) - x(from))), height: floor - top, fill});
  return [
    silent.map(stretch => band(stretch, "silent")),
    gaps.map(gap => band(gap, "gap", `url(#${pattern})`)),
    retired === null ? null : band([retired, end], "retired"),
  ];
}

/* What stands on top, the most telling first: there is room for a few. */
function topLabels(day24, x) {
  const {gaps, events, retired, silent, start, end} = day24;
  const long = [...gaps].sort((one, other) => other[1] - other[0] - (one[1] - one[0]));
  const open = long.filter(gap => isOpenGap(gap, day24));
  const rest = long.filter(gap => !isOpenGap(gap, day24));
  const middle = ([from, to]) => (x(from) + x(to)) / 2;
  return [
    ...(retired === null ? [] : [{x: middle([retired, end]), words: retired > start ? `retired ${clock(retired * 1000)}` : "retired", kind: "plain"}]),
    ...open.map(gap => ({x: x(gap[0]), anchor: "start", words: gapInWords(gap, day24), kind: "failed-text"})),
    ...[...events].reverse().map(([moment, event]) => ({x: x(moment) - 4, anchor: "end", words: `${event} ${clock(moment * 1000)}`, kind: "plain"})),
    ...rest.map(gap => ({x: middle(gap), words: gapInWords(gap, day24), kind: "failed-text"})),
    ...silent.filter(([from, to]) => to - from >= 7200).map(stretch => ({x: middle(stretch), words: "no windows", kind: "plain"})),
  ];
}

function drawPanel(panel, floor, {start, step, series, limits}, x, right, beside, narrow) {
  const bounds = panel.series.filter(name => isNumber(limits[name]) && limits[name] > 0);
  const highest = largest(panel.series.flatMap(name => series[name]));
  const roof = largest(bounds.map(name => limits[name]));
  // A single outlier does not make a line of everything else: what is beyond ten times the limit stays at the edge, and is said.
  const cap = roof ? Math.min(highest, roof * 10) : highest;
  const y = scale(0, Math.max(cap, roof) * 1.08 || 1, floor, floor - panel.height);
  const wanted = [];
  const lines = panel.series.map((name, i) => {
    const kind = i === 0 && name !== "requests" ? "current" : "other";
    const last = lastOf(series[name]);
    const over = isNumber(limits[name]) && last > limits[name];
    if (last !== null && name !== "requests" && (name !== "rejected" || over) && (panel.share ? over : true)) {
      wanted.push({y: y(last), words: `${panel.share && !i ? "" : `${name} `}${FIGURES[name](last)}`, kind: over ? "failed-text" : i ? null : "now"});
    }
    return runsOf(series[name], start, step).map(run => {
      const points = run.map(([moment, value]) => [x(moment), y(value)]);
      const area = low => `${path([[points[0][0], y(low)], ...points.map(([left, top]) => [left, Math.min(top, y(low))]), [points[points.length - 1][0], y(low)]])}z`;
      if (name === "requests") return s("path", {class: "load", d: area(0)});
      return [over || largest(run.map(([, value]) => value)) > limits[name] ? s("path", {class: "debt", d: area(limits[name])}) : null, s("path", {class: kind, d: path(points)})];
    });
  });
  if (panel.series[0] === "requests" && lastOf(series.requests) !== null) {
    wanted.push({y: y(highest), words: `at most ${number(highest, 0)}`});
  }
  const words = name => `limit ${panel.share ? (bounds.length > 1 ? `${name} ` : "") : `${name} `}${FIGURES[name](limits[name])}`;
  bounds.forEach(name => wanted.push({y: y(limits[name]), words: words(name), kind: "plain"}));
  return [
    s("line", {class: "floor", x1: 0, x2: right, y1: floor, y2: floor}),
    lines,
    bounds.map(name => s("line", {class: `limit ${name === panel.series[0] ? "" : "second"}`, x1: 0, x2: right, y1: round(y(limits[name])), y2: round(y(limits[name]))})),
    panelTitle(panel, step, floor - panel.height - 4, highest > cap ? FIGURES[panel.series[0]](highest) : null),
    narrow
      ? limitWithin(bounds.map(name => ({y: y(limits[name]), words: words(name)})), floor - panel.height, right)
      : labelsBeside(wanted, right + 6, beside - 8, floor - panel.height, floor),
  ];
}

/* Where there is no room beside the picture: on the line, or below it where the title stands; of two that are near, both above the upper. */
function limitWithin(bounds, roof, right) {
  if (!bounds.length) return null;
  const sorted = [...bounds].sort((one, other) => one.y - other.y);
  const near = sorted.length > 1 && sorted[1].y - sorted[0].y < 18;
  const {y, words} = near ? {y: sorted[0].y, words: sorted.map(one => one.words).join(", ")} : bounds[0];
  return label(0, y + (y > roof + 14 ? -3 : 11), words, right * 0.9, {kind: "plain"});
}

function panelTitle({series, share}, step, y, peak) {
  const beyond = peak === null ? "" : `; up to ${peak}`;
  const now = words => s("tspan", {class: "now"}, words);
  const words = series[0] === "requests"
    ? [`Requests per ${duration(step)}`]
    : share ? [now("Failed"), ` and rejected requests${beyond}`] : ["Latency, ms: ", now("p99"), `, p95${beyond}`];
  return s("text", {class: "plain", x: 0, y: round(y)}, words);
}

/* The points of a series without those that are unknown, in runs; each run reaches from the start of its first step to the end of its last. */
function runsOf(values, start, step) {
  const points = values.map((value, i) => (isNumber(value) ? [start + (i + 0.5) * step, Math.max(0, value)] : null));
  return unbroken(points).map(run => {
    const [[first, low], [last, high]] = [run[0], run[run.length - 1]];
    return [[first - step / 2, low], ...run, [last + step / 2, high]];
  });
}

/* A line under the pointer; the numbers of its moment are told. */
function pointed({many}, right, top, floor, told) {
  const line = s("line", {class: "pointer", y1: top, y2: floor});
  const leave = () => {
    line.classList.remove("seen");
    told(null);
  };
  const move = event => {
    const place = event.clientX - area.getBoundingClientRect().left;
    const moment = Math.min(many - 1, Math.max(0, Math.floor(place / right * many)));
    const at = round((moment + 0.5) / many * right);
    line.setAttribute("x1", at);
    line.setAttribute("x2", at);
    line.classList.add("seen");
    told(moment);
  };
  const area = s("rect", {class: "touch", x: 0, y: top, width: right, height: floor - top, pointermove: move, pointerleave: leave});
  return [line, area];
}
