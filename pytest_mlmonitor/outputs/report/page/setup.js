/* What was not judged and why, which files nobody read, and how the run was set up. */

function setup() {
  const folds = [proofFold(), uncheckedFold(), leftOutFold(), unreadFold(), olderFold(), exportsFold(), runFold()];
  return [h("h2", {id: "setup-title"}, "Not judged, and how this run was set up"), h("div", {id: "setup"}, folds)];
}

/* A part that is made when it is opened. */
function foldOf(title, aside, content) {
  const made = h("details", {class: "fold"}, h("summary", {}, h("span", {}, title), h("span", {class: "faint"}, aside)));
  made.addEventListener("toggle", () => {
    if (made.open && made.children.length === 1) made.append(h("div", {class: "inside"}, content()));
  });
  return made;
}

function uncheckedFold() {
  const reasons = REPORT.reasons.map(words => ({words, many: 0, checks: new Set()}));
  ARTIFACTS.forEach(artifact => (artifact.unchecked || []).forEach(([check, reason]) => {
    reasons[reason].many += 1;
    reasons[reason].checks.add(REPORT.checks[artifact.kind][check]);
  }));
  const many = reasons.reduce((sum, reason) => sum + reason.many, 0);
  if (!many) return null;
  reasons.sort((one, other) => other.many - one.many);
  return foldOf(`${counted(many, "check")} did not run`, counted(reasons.length, "reason"), () => h("ul", {class: "reasons"}, reasons.slice(0, 500).map(reason =>
    h("li", {}, h("b", {}, number(reason.many)), h("span", {}, lastLine(reason.words), " ", h("code", {class: "faint"}, [...reason.checks].join(", ")))))));
}

function leftOutFold() {
  if (!RUN.left_out_count) return null;
  return foldOf(`${counted(RUN.left_out_count, "check")} left out of this run`, "by the command line", () => names(RUN.left_out, RUN.left_out_count));
}

function unreadFold() {
  if (!REPORT.unclaimed_count) return null;
  const advice = new Map(REPORT.foreign.map(one => [one.path, one]));
  const words = path => {
    const known = advice.get(path);
    return [h("code", {}, path), known ? h("span", {class: "dim"}, `  ${known.what}: ${known.advice}`) : null];
  };
  const title = `${counted(REPORT.unclaimed_count, "file")} ${REPORT.unclaimed_count === 1 ? "was" : "were"} not read`;
  return foldOf(title, "no reader claims them", () => names(REPORT.unclaimed, REPORT.unclaimed_count, words));
}

function olderFold() {
  if (!REPORT.older_count) return null;
  return foldOf(`${counted(REPORT.older_count, "older version")} not judged`, "behind so many newer ones", () => names(REPORT.older, REPORT.older_count));
}

function exportsFold() {
  const exports = RUN.exports || [];
  const notices = (RUN.store && RUN.store.notices) || [];
  if (!exports.length && !notices.length) return null;
  const wrong = problems().length;
  const said = exports.map(one => h("li", {}, h("b", {}, one.name), " ", one.said, one.problem ? h("span", {class: "failed-text"}, ` ${one.problem}`) : null));
  const stored = notices.map(words => h("li", {}, h("b", {}, "store"), " ", words));
  return foldOf("What left this run", wrong ? counted(wrong, "problem") : counted(exports.length, "outlet"), () => h("ul", {}, said, stored));
}

function names(shown, many, words = name => h("code", {}, name)) {
  return [h("ul", {}, shown.map(name => h("li", {}, words(name)))), many > shown.length ? h("p", {class: "faint"}, `and ${number(many - shown.length)} more, in results.json`) : null];
}

function runFold() {
  return foldOf("This run", "policy, versions, command", () => h("dl", {class: "pairs"}, runLines().filter(Boolean).map(([name, said]) => [h("dt", {}, name), h("dd", {}, said)])));
}

function runLines() {
  const versions = Object.entries(RUN.versions || {}).map(([name, version]) => `${name} ${version}`).join(", ");
  const roots = RUN.roots || [];
  return [
    ["Evaluated", `${RUN.evaluated_at}, in ${duration(RUN.seconds)}`],
    ["Environment", RUN.environment],
    commitLine() && [commitName(), commitLine()],
    ["Policy", policyTable()],
    ["Checks", countsWords()],
    RUN.remembered && ["Remembered", `${counted(RUN.remembered.count, "table")} unchanged since ${instant(RUN.remembered.since)}: not read again`],
    roots.length && ["Roots", roots.map((root, i) => [i ? ", " : "", h("code", {}, root)])],
    versions && ["Versions", versions],
    RUN.store && ["Store", h("code", {}, RUN.store.file)],
    RUN.trace_id && ["Trace", h("code", {}, RUN.trace_id)],
    ["Exit status", String(RUN.exit_status)],
    RUN.command && ["Again", command(RUN.command)],
  ];
}

const ORIGINS = {default: "default", file: "policy file", environment: "environment", option: "command line", contract: "contract"};

function policyTable() {
  const file = RUN.policy_file ? h("code", {}, RUN.policy_file) : "no file: the defaults hold";
  const keys = (RUN.policy || []).length ? RUN.policy : Object.entries(RUN.overridden || {}).map(([key, origin]) => ({key, origin}));
  if (!keys.length) return file;
  const setBy = key => (key.file ? `${key.file}${key.line ? `:${key.line}` : ""}` : ORIGINS[key.origin] || key.origin);
  const head = h("thead", {}, h("tr", {}, ["key", "value", "default", "set by"].map(name => h("th", {scope: "col"}, name))));
  const rows = keys.map(key => h("tr", {}, [key.key, key.value, key.default, setBy(key)].map(cell => h("td", {}, h("code", {}, cell)))));
  return [file, ", keys that are not default:", h("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": "Policy"}, h("table", {class: "rows"}, head, h("tbody", {}, rows)))];
}
