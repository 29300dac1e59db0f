/* The heads of the columns: the limit of the bullets, and the last runs of the whole platform above the strips of its artifacts. */

const RUNS = {shown: 20, step: 7, height: 34};

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
  return (RUN.history || []).slice(-RUNS.shown);
}

function runBars() {
  const runs = recentRuns();
  if (runs.length < 2) return null;
  const most = Math.max(1, ...runs.map(run => run.failed + run.warned));
  const start = RUNS.shown - runs.length;
  const bars = runs.map((run, i) => {
    const failed = run.failed / most * (RUNS.height - 4);
    const warned = run.warned / most * (RUNS.height - 4);
    const place = {x: (start + i) * RUNS.step, width: RUNS.step - 2};
    return s("g", {}, s("title", {}, `${instant(run.evaluated_at)}: ${number(run.failed)} failed, ${number(run.warned)} warned`),
      s("rect", {...place, y: RUNS.height - failed, height: failed, fill: "var(--failfill)"}),
      s("rect", {...place, y: RUNS.height - failed - warned, height: warned, fill: "var(--warnfill)"}));
  });
  return s("svg", {width: RUNS.shown * RUNS.step, height: RUNS.height}, bars);
}

function runDates() {
  const runs = recentRuns();
  if (runs.length < 2) return h("div", {class: "run-dates"}, h("span", {}, ""), h("span", {}, "this run"));
  return h("div", {class: "run-dates"}, h("span", {}, day(runs[0].evaluated_at)), h("span", {}, `${runs.length} runs`), h("span", {}, "now"));
}
