/* The heads of the columns: the limit of the bullets, and the last runs of the whole platform above the strips of its artifacts. */

const RUNS_HEIGHT = 34;
/* Pixels; the steps are those of the strips (STRIP). */

function columns() {
  return h("div", {class: "grid columns", "aria-hidden": "true"},
    h("span", {}),
    h("span", {}, "Artifact"),
    h("span", {}, "What is wrong, and what to do"),
    h("div", {}, "Worst value, and its limit", limitTick()),
    h("div", {}, runBars(), runDates()),
    h("span", {class: "owner"}, "Owner"));
}

function limitTick() {
  return s("svg", {width: BULLET.width, height: 16},
    s("rect", {x: BULLET.limit - 0.75, y: 1, width: 1.5, height: 12, fill: "var(--ink)"}),
    s("text", {x: BULLET.limit + 6, y: 12}, "limit"));
}

function recentRuns() {
  return (RUN.history || []).slice(-STRIP.runs);
}

function runBars() {
  const runs = recentRuns();
  if (runs.length < 2) return null;
  const most = Math.max(1, ...runs.map(run => run.failed + run.warned));
  const start = STRIP.runs - runs.length;
  const bars = runs.map((run, i) => {
    const failed = run.failed / most * (RUNS_HEIGHT - 4);
    const warned = run.warned / most * (RUNS_HEIGHT - 4);
    const place = {x: (start + i) * STRIP.step, width: STRIP.step - 2};
    return s("g", {}, s("title", {}, `${instant(run.evaluated_at)}: ${number(run.failed)} failed, ${number(run.warned)} warned`),
      s("rect", {...place, y: RUNS_HEIGHT - failed, height: failed, fill: "var(--failfill)"}),
      s("rect", {...place, y: RUNS_HEIGHT - failed - warned, height: warned, fill: "var(--warnfill)"}));
  });
  return s("svg", {width: STRIP.runs * STRIP.step, height: RUNS_HEIGHT}, bars);
}

function runDates() {
  const runs = recentRuns();
  if (runs.length < 2) return h("div", {class: "run-dates"}, h("span", {}, ""), h("span", {}, "this run"));
  return h("div", {class: "run-dates"}, h("span", {}, day(runs[0].evaluated_at)), h("span", {}, `${runs.length} runs`), h("span", {}, "now"));
}
