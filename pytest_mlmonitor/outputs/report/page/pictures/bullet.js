/* A value against its limit: one scale for all kinds, so that unlike things compare by how far they are beyond what is allowed. */

const BULLET = {width: 164, height: 12, limit: 40};
/* Pixels; the limit always stands at the same place, and 4 times the limit at the end. */

/** Return the bullet of a worst value {what, value, limit, unit, direction, ratio}, coloured by the verdict. */
function bullet(worst, verdict) {
  if (!worst) return null;
  const {width, height, limit} = BULLET;
  const colour = {failed: "var(--failfill)", error: "var(--failfill)", warned: "var(--warnfill)"}[verdict] || "var(--okfill)";
  const wrong = colour !== "var(--okfill)";
  // No finite ratio: a limit of zero that is broken is beyond every multiple of it.
  const reach = (isNumber(worst.ratio) ? Math.max(0, worst.ratio) : wrong ? Infinity : 0) * limit;
  const end = width - 7;
  const words = `${worst.what}: ${quantity(worst.value, worst.unit)}, limit ${quantity(worst.limit, worst.unit)}`;
  return canvas(width, height, [words, excess(worst)].filter(Boolean).join(", "),
    tooltip(words),
    s("rect", {class: "reach", x: 0, y: 4, width: round(Math.min(end, Math.max(1, reach))), height: 5, fill: colour}),
    reach > end ? s("path", {class: "beyond", d: `M${width - 5} 2.5l5 4-5 4z`, fill: colour}) : null,
    s("rect", {class: "limit", x: limit - 0.75, y: 1, width: 1.5, height: 11, fill: "var(--ink)"}));
}
