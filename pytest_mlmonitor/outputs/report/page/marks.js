/* Marks: shape and colour both carry a verdict. */

const MARKS = {
  failed: () => s("rect", {x: 1, y: 1, width: 10, height: 10, rx: 1.5, fill: "var(--failfill)"}),
  crashed: () => [
    s("rect", {x: 1.5, y: 1.5, width: 9, height: 9, rx: 1.5, fill: "none", stroke: "var(--failfill)", "stroke-width": 1.5}),
    s("path", {d: "M4 4l4 4M8 4l-4 4", stroke: "var(--failfill)", "stroke-width": 1.5}),
  ],
  warned: () => s("path", {d: "M6 1 11.5 11H.5z", fill: "var(--warnfill)"}),
  partial: () => s("path", {d: "M6 2 10.6 10.3H1.4z", fill: "none", stroke: "var(--warnfill)", "stroke-width": 1.5}),
  unjudged: () => s("path", {d: "M2.5 6h7", stroke: "var(--ink3)", "stroke-width": 1.5}),
  ok: () => s("circle", {cx: 6, cy: 6, r: 3.6, fill: "none", stroke: "var(--ok)", "stroke-width": 1.5}),
};

/* The severity "error" is a failure; that a check crashed has a mark of its own. */
const MARK_OF = {error: "failed", critical: "failed", warning: "warned", info: "ok", accepted: "ok", noted: "ok"};

/** Return the mark of a verdict or a severity; without words it is decoration. */
function mark(verdict, words = null) {
  const shape = MARKS[MARK_OF[verdict] || verdict] || MARKS.unjudged;
  const said = words ? {role: "img", "aria-label": words} : {"aria-hidden": "true"};
  return s("svg", {class: "mark", width: 12, height: 12, viewBox: "0 0 12 12", ...said}, shape());
}

/** Return the mark of an artifact: of its verdict, where "error" means that it could not be checked. */
function markOf(artifact, words = STATE_WORDS[artifact.verdict]) {
  return mark(artifact.verdict === "error" ? "crashed" : artifact.verdict, words);
}
