/* The last runs of an artifact, a bar each: by height and by colour, on the same steps as the bars of the whole platform. */

const STRIP = {runs: 20, step: 7, height: 18};

const BARS = {
  failed: {height: 18, colour: "var(--failfill)"},
  error: {height: 18, colour: "var(--failfill)"},
  warned: {height: 10, colour: "var(--warnfill)"},
  partial: {height: 10, colour: "var(--warnfill)"},
  ok: {height: 3, colour: "var(--okfill)"},
};
/* Higher is worse: told apart without colour. */

/** Return the strip of verdicts, oldest first, the last is this run; null where the artifact was not there. Runs give the dates. */
function strip(history, runs = []) {
  const verdicts = list(history).slice(-STRIP.runs);
  const dates = list(runs).slice(-STRIP.runs);
  const many = name => verdicts.filter(verdict => name === verdict || (name === "failed" && verdict === "error")).length;
  const said = [["failed", "failed"], ["warned", "warned"], ["partial", "incomplete"], ["ok", "OK"]]
    .filter(([name]) => many(name)).map(([name, word]) => `${many(name)} ${word}`);
  const words = `Last ${counted(verdicts.length, "run")}: ${said.join(", ") || "not there"}`;
  const start = STRIP.runs - verdicts.length;
  const drawing = canvas(STRIP.runs * STRIP.step, STRIP.height, words, verdicts.map((verdict, i) => {
    const bar = BARS[verdict];
    if (!bar) return null;
    const [x, y] = [(start + i) * STRIP.step, STRIP.height - bar.height];
    return s("rect", {class: verdict, x, y, width: STRIP.step - 2, height: bar.height, fill: bar.colour, "data-run": i});
  }));
  // Twenty tooltips a row are most of a page: they are made for the strip that a pointer comes to.
  drawing.addEventListener("pointerenter", () => drawing.querySelectorAll("rect").forEach(bar => {
    const run = Number(bar.dataset.run);
    const date = dates[run + dates.length - verdicts.length];
    if (date) bar.append(tooltip(`${instant(date.evaluated_at)}: ${verdicts[run]}`));
  }), {once: true});
  return drawing;
}
