/* Champion and challenger on the gate: each metric on its own scale, the side that is not let through tinted. */

/** Return the picture of {champion, challenger, metrics}: of each {name, champion, challenger, limit, direction, low, high, passed}. */
function gate(data) {
  const metrics = list(data.metrics).filter(metric => metric && [metric.champion, metric.challenger, metric.limit].some(isNumber));
  if (!metrics.length) return undrawn("no metric was compared");
  const words = metrics.map(metric => metricInWords(metric)).join("; ");
  return h("div", {},
    h("figcaption", {},
      metrics.some(metric => isNumber(metric.champion)) ? keyed("champion", ["champion", data.champion].filter(Boolean).join(" ")) : null,
      keyed("challenger", ["challenger", data.challenger].filter(Boolean).join(" "))),
    drawn(width => drawGate(width, metrics, `Champion and challenger against the gate: ${words}`)));
}

function metricInWords({name, champion, challenger, limit, direction, passed}) {
  const said = value => (isNumber(value) ? decimals(value) : "none");
  const bound = isNumber(limit) ? `, gate ${direction === "lower" ? "at most" : "at least"} ${decimals(limit)}` : "";
  return `${name}: champion ${said(champion)}, challenger ${said(challenger)}${bound}${passed === false ? ", missed" : ""}`;
}

function drawGate(width, metrics, words) {
  const [line, top] = [26, 20];
  const figures = 124;
  const left = Math.min(150, Math.max(60, width * 0.22));
  const right = width - figures;
  const height = top + metrics.length * line;
  return canvas(width, height, words,
    label(right + 14, 10, "challenger", 60),
    label(right + 80, 10, "gate", 44),
    metrics.map((metric, i) => drawMetric(metric, top + (i + 0.5) * line, left, right)));
}

function drawMetric({name, champion, challenger, limit, direction, low, high, passed}, y, left, right) {
  const known = [champion, challenger, limit].filter(isNumber);
  const [from, to] = isNumber(low) && isNumber(high) && high > low ? [low, high] : around(known);
  const x = scale(from, to, left + 6, right - 6);
  const missed = passed === false;
  const lower = direction === "lower";
  const wall = isNumber(limit) ? x(limit) : null;
  const [start, end] = lower ? [wall, right] : [left, wall];
  return [
    label(0, y + 4, name, left - 8, {kind: missed ? "strong" : "plain"}),
    s("line", {class: "floor", x1: left, x2: right, y1: y, y2: y}),
    wall === null ? null : s("rect", {class: "forbidden", x: round(start), y: y - 6, width: round(Math.max(0, end - start)), height: 12}),
    wall === null ? null : s("line", {class: "limit", x1: round(wall), x2: round(wall), y1: y - 8, y2: y + 8}),
    isNumber(champion) && isNumber(challenger) ? s("line", {class: "other", x1: round(x(champion)), x2: round(x(challenger)), y1: y, y2: y}) : null,
    isNumber(champion) ? s("circle", {class: "champion", cx: round(x(champion)), cy: y, r: 4}, tooltip(`champion ${decimals(champion)}`)) : null,
    isNumber(challenger) ? s("circle", {class: missed ? "beyond" : "dot", cx: round(x(challenger)), cy: y, r: 4.5}, tooltip(`challenger ${decimals(challenger)}`)) : null,
    label(right + 14, y + 4, isNumber(challenger) ? decimals(challenger) : "none", 62, {kind: missed ? "failed-text" : "plain"}),
    isNumber(limit) ? label(right + 80, y + 4, `${lower ? "≤" : "≥"} ${decimals(limit)}`, 44) : null,
  ];
}

/* A scale around values that came without one. */
function around(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = (high - low) * 0.4 || Math.abs(high) * 0.1 || 1;
  return [low - margin, high + margin];
}
