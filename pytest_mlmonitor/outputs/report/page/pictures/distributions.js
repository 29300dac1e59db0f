/* Reference and current on one axis, a picture for each feature that drifted; and all features by their PSI against both limits. */

const SHOWN_FEATURES = 20;

/** Return the picture of {reference, why, reference_rows, current_rows, warning, error, features, all}. */
function distributions(data) {
  const features = list(data.features);
  const all = list(data.all).filter(entry => Array.isArray(entry) && isNumber(entry[1]));
  if (!features.length && !all.length) return undrawn("no distribution was measured");
  const limits = {warning: isNumber(data.warning) ? data.warning : null, error: isNumber(data.error) ? data.error : null};
  const cards = h("div", {class: "cards"}, features.map(feature => attempted(() => card(feature, limits))));
  const bars = all.length > 1 || !features.length ? featureBars(all, limits) : null;
  return h("div", {},
    h("figcaption", {},
      keyed("reference", sourceOf(data)),
      keyed("current", `this one${isNumber(data.current_rows) ? `, ${counted(data.current_rows, "row")}` : ""}`)),
    bars ? h("div", {class: features.length ? "drift" : null}, features.length ? cards : null, bars) : cards);
}

function sourceOf({reference, why, reference_rows: rows}) {
  const said = ["reference", reference].filter(Boolean).join(" ");
  return [said, isNumber(rows) ? `, ${counted(rows, "row")}` : "", why ? ` (${why})` : ""].join("");
}

/* How a PSI stands to its limits: colour is for values beyond one. */
function beyondLimit(psi, severity, {warning, error}) {
  if (!isNumber(psi)) return null;
  if (error !== null && psi >= error) return severity === "warning" ? "warned" : "failed";
  if (warning !== null && psi >= warning) return severity === "error" ? "failed" : "warned";
  return null;
}

function card(feature, limits) {
  const {name, psi, d, p, severity} = feature;
  const nulls = numbers(feature.nulls);
  const shares = {reference: numbers(feature.reference), current: numbers(feature.current)};
  const bins = binsOf(feature, Math.max(shares.reference.length, shares.current.length));
  const kind = beyondLimit(psi, severity, limits);
  const figures = [
    isNumber(d) ? `D ${decimals(d)}` : null,
    isNumber(p) ? `p ${p < 1e-6 ? "< 0.000001" : number(p, 6)}` : null,
    nulls.length === 2 && nulls.every(isNumber) && Math.abs(nulls[1] - nulls[0]) >= 0.0005 ? `nulls ${percent(nulls[0])} → ${percent(nulls[1])}` : null,
  ].filter(Boolean);
  const measured = isNumber(psi) ? `PSI ${decimals(psi)}` : "";
  const words = [`${name}: reference and current`, measured, ...figures].filter(Boolean).join(", ");
  return h("div", {class: "card"},
    h("h4", {}, h("span", {}, severity ? mark(severity) : null, name), h("span", {class: kind ? `${kind}-text` : "dim"}, measured)),
    bins.length
      ? [drawn(width => histogram(width, bins, shares, feature.type === "category", words)),
        readAloud(`${name}: share of rows`, ["value", "reference", "current"],
          bins.map((bin, i) => [bin.words, share(shares.reference[i]), share(shares.current[i])]))]
      : undrawn("all its values are null"),
    h("p", {}, figures.join(" · ")));
}

function share(value) {
  return isNumber(value) ? percent(value) : "none";
}

/* The bins of a feature: what they are called, and the edge on their left where it has one. */
function binsOf({labels, edges, type}, many) {
  const names = list(labels);
  if (type === "category" || names.length) return Array.from({length: many}, (_, i) => ({words: String(names[i] ?? `value ${i + 1}`)}));
  const bounds = numbers(edges);
  const first = bounds.length === many - 1 ? 1 : 0; // without the outer edges both ends are open
  const edge = i => bounds[i - first] ?? null;
  return Array.from({length: many}, (_, i) => {
    const [low, high] = [edge(i), edge(i + 1)];
    const words = low === null && high === null ? `bin ${i + 1}` : low === null ? `below ${number(high)}` : high === null ? `from ${number(low)}` : `${number(low)} to ${number(high)}`;
    return {words, low, high};
  });
}

function histogram(width, bins, {reference, current}, category, words) {
  const [top, floor, height] = [2, 70, 84];
  const y = scale(0, largest([...reference, ...current], 0) * 1.05, floor, top);
  const step = width / bins.length;
  const gap = category ? step * 0.12 : 0;
  const bars = bins.map((bin, i) => {
    const [left, wide] = [i * step + gap, step - 2 * gap];
    const [before, now] = [reference[i] ?? 0, current[i] ?? 0];
    return {bin, left, wide, before, now, change: Math.abs(now - before), middle: left + wide / 2};
  });
  return canvas(width, height, words,
    category ? separate(bars, y, floor) : touching(bars, y, floor),
    s("line", {class: "floor", x1: 0, x2: width, y1: floor, y2: floor}),
    category ? categoryLabels(bars, width, height) : edgeLabels(bins, step, width, height),
    bars.map(({bin, left, wide, before, now}) =>
      s("rect", {class: "touch", x: round(left), y: 0, width: round(wide), height: floor}, tooltip(`${bin.words}: reference ${percent(before)}, now ${percent(now)}`))));
}

function separate(bars, y, floor) {
  const bar = (kind, {left, wide}, top) => s("rect", {class: kind, x: round(left), y: round(top), width: round(wide), height: round(floor - top)});
  return bars.map(one => {
    const [left, right, top] = [round(one.left), round(one.left + one.wide), round(y(one.now))];
    return [
      bar("reference", one, y(one.before)),
      bar("tint", one, y(one.now)),
      s("line", {class: "current", x1: left, x2: right, y1: top, y2: top}),
    ];
  });
}

function touching(bars, y, floor) {
  const first = bars[0];
  const upperEdge = share => bars.map(one => `V${round(y(one[share]))}H${round(one.left + one.wide)}`).join("");
  const area = share => `M${round(first.left)} ${floor}${upperEdge(share)}V${floor}z`;
  return [
    s("path", {class: "reference", d: area("before")}),
    s("path", {class: "tint", d: area("now")}),
    s("path", {class: "current", d: `M${round(first.left)} ${floor}${upperEdge("now")}V${floor}`}),
  ];
}

/* Wide bars carry their names; of narrow ones those whose share changed most do. */
function categoryLabels(bars, width, height) {
  const room = width / bars.length;
  if (room >= 26) {
    return bars.map(({bin, middle}) => label(middle, height - 2, bin.words, room - 3, {anchor: "middle", size: 10}));
  }
  const wanted = [...bars].sort((one, other) => other.change - one.change);
  return labelsOnLine(wanted.map(({bin, middle}) => ({x: middle, words: fitted(bin.words, 64)})), height - 2, 0, width);
}

/* The ends of the axis, and round about its middle: bins of unequal width stand side by side, so their edges are said. */
function edgeLabels(bins, step, width, height) {
  const edges = [...bins.map((bin, i) => [i * step, bin.low]), [width, bins[bins.length - 1].high]];
  const known = edges.filter(([, value]) => isNumber(value));
  if (!known.length) return null;
  const wanted = [known[0], known[known.length - 1], known[known.length >> 1]];
  return labelsOnLine(wanted.map(([x, value]) => ({x, words: number(Number(value.toPrecision(3)))})), height - 2, 0, width);
}

function featureBars(all, limits) {
  const sorted = [...all].sort((one, other) => other[1] - one[1]);
  const rest = sorted.slice(SHOWN_FEATURES);
  return h("div", {class: "features"},
    barsOf(sorted.slice(0, SHOWN_FEATURES), limits, largest(sorted.map(([, psi]) => psi)), "PSI, all features"),
    rest.length
      ? folded(`${counted(rest.length, "more feature")}, PSI at most ${decimals(rest[0][1])}`,
        () => barsOf(rest.slice(0, 500), limits, largest(sorted.map(([, psi]) => psi)), ""))
      : null);
}

function barsOf(entries, limits, most, title) {
  const words = `Features by PSI: ${entries.map(([name, psi]) => `${name} ${decimals(psi)}`).join(", ")}`;
  const lines = [["warning", limits.warning], ["error", limits.error]].filter(([, value]) => value !== null);
  return drawn(width => {
    const [line, top] = [18, 34];
    const left = Math.min(width * 0.5, largest(entries.map(([name]) => widthOf(fitted(name, 200), 11, 600)), 40) + 12);
    const right = width - 52;
    // As of the bullet: four times the limit is the end, and what is beyond it has an arrow.
    const unit = limits.error || limits.warning || most || 1;
    const end = Math.min(Math.max(most, unit * 1.6), unit * 4);
    const x = scale(0, end, left, right);
    const height = entries.length * line + top;
    return canvas(width, height, words,
      title ? label(0, 10, title, width) : null,
      entries.map(([name, psi, severity], i) => {
        const y = top + i * line;
        const kind = beyondLimit(psi, severity, limits);
        return [
          label(left - 8, y + 11, name, left - 10, {anchor: "end", kind: kind ? "strong" : "plain"}),
          s("rect", {class: `level ${kind || "fine"}-fill`, x: left, y: y + 3, width: round(Math.max(1, x(psi) - left)), height: 7}),
          psi > end ? s("path", {class: `level ${kind || "fine"}-fill`, d: `M${round(right + 1)} ${y + 2.5}l5 4-5 4z`}) : null,
          label(width, y + 11, decimals(psi), 46, {anchor: "end", kind: kind ? `${kind}-text` : null}),
        ];
      }),
      lines.map(([name, value], i) => [
        s("line", {class: `limit ${name}`, x1: round(x(value)), x2: round(x(value)), y1: 28, y2: height - 2}),
        label(x(value) + (i ? 2 : 1), 24, number(value), 40, {anchor: i ? "start" : "end"}),
      ]));
  });
}
