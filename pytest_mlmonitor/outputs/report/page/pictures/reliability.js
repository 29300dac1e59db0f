/* Reliability: of the rows that got a score, how many were what it promised. On the diagonal all of them. */

/** Return the diagram of {bins, reported, ece, limit, model}: bins are [mean score, observed rate, rows]; reported those of the training report. */
function reliability(data) {
  const [bins, reported] = [knownBins(data.bins), knownBins(data.reported)];
  if (!bins.length) return undrawn("no bin holds labelled rows");
  const {ece, limit} = data;
  const over = isNumber(ece) && isNumber(limit) && ece > limit;
  const words = [
    "Calibration: observed share by mean score",
    isNumber(ece) ? `calibration error ${decimals(ece)}` : null,
    isNumber(limit) ? `limit ${decimals(limit)}` : null,
    ...bins.map(([score, rate, rows]) => `score ${number(score, 2)} observed ${number(rate, 2)} of ${counted(rows, "row")}`),
  ].filter(Boolean).join("; ");
  return h("div", {class: "reliability"},
    h("figcaption", {}, "Observed share by score ", keyed("current", "now"),
      reported.length ? keyed("other", data.model ? `when ${data.model} was trained` : "in training") : null),
    drawn(width => drawReliability(Math.min(width, 260), {bins, reported, ece, limit, over, words})));
}

function knownBins(bins) {
  return list(bins).filter(bin => Array.isArray(bin) && bin.slice(0, 3).every(isNumber) && bin.length >= 3 && bin[2] > 0)
    .sort(([one], [other]) => one - other);
}

function drawReliability(width, {bins, reported, ece, limit, over, words}) {
  const [left, top] = [34, 6];
  const side = Math.max(60, width - left - 14);
  const all = [...bins, ...reported].flatMap(([score, rate]) => [score, rate]);
  // Scores are shares as a rule; others get an axis of their own, the same in both directions.
  const [low, high] = [Math.min(0, ...all), largest(all, 1)];
  const x = scale(low, high, left, left + side);
  const y = scale(low, high, top + side, top);
  const most = largest(bins.map(([, , rows]) => rows), 1);
  const line = points => path(points.map(([score, rate]) => [x(score), y(rate)]));
  const ideal = [...bins].reverse().map(([score]) => [x(score), y(score)]);
  const between = `${path([...bins.map(([score, rate]) => [x(score), y(rate)]), ...ideal])}z`;
  const marks = ticks(low, high, 2);
  const measured = isNumber(ece) ? `ECE ${decimals(ece)}${isNumber(limit) ? `, limit ${decimals(limit)}` : ""}` : "";
  return canvas(width, top + side + 34, words,
    s("rect", {class: "frame", x: left, y: top, width: side, height: side}),
    s("path", {class: over ? "debt" : "tint", d: between}),
    s("line", {class: "ideal", x1: x(low), y1: y(low), x2: x(high), y2: y(high)}),
    marks.map(value => [
      label(left - 6, y(value) + 4, number(value), left - 6, {anchor: "end"}),
      label(x(value), top + side + 14, number(value), 40, {anchor: value === marks[marks.length - 1] && marks.length > 1 ? "end" : "middle"}),
    ]),
    s("path", {class: "other", d: line(reported)}),
    s("path", {class: "current", d: line(bins)}),
    bins.map(([score, rate, rows]) => s("circle", {class: "dot", cx: round(x(score)), cy: round(y(rate)), r: round(Math.max(1.5, 4.5 * Math.sqrt(rows / most)))},
      tooltip(`score ${number(score)}: ${percent(rate)} of ${counted(rows, "row")}`))),
    label(left + 6, top + 14, measured, side - 12, {kind: over ? "failed-text" : "plain"}),
    label(left + side / 2, top + side + 29, "score; the area of a dot is its rows", side + 20, {anchor: "middle"}));
}
