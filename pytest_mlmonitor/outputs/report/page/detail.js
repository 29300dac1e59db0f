/* An open row: on the left what the artifact is, on the right what is wrong with it, one finding under the other. */

const FOUND_AT_ONCE = 5;
const FOUND_ABOVE_A_PICTURE = 3;
/* Findings of one check that are shown, fewer where a picture shows them too; the others are behind a fold. */

/** Return what stands below an open row. */
function detail(artifact) {
  const results = list(artifact.results);
  const wrong = results.filter(result => result.status !== "noted");
  const noted = results.filter(result => result.status === "noted");
  const pictures = list(artifact.pictures);
  return h("div", {class: "detail"},
    factsOf(artifact),
    h("div", {class: "findings"},
      results.length ? [...wrong, ...noted].map(result => attempted(() => resultOf(result, artifact))) : h("p", {class: "dim"}, nothingWrong(artifact)),
      pictures.map(picture => h("section", {class: "passed-picture"}, h("div", {class: "meta"}, h("code", {}, picture.check), h("span", {}, "passed")), pictured([picture])))));
}

function nothingWrong(artifact) {
  if (artifact.verdict === "unjudged") return "No check could judge it; the reasons stand beside.";
  if (artifact.verdict === "partial") return "Nothing is wrong as far as it was checked; checks of it were left out of this run.";
  return "Nothing to report.";
}

/* Everything that one check says: its findings, and its pictures below the last of them. */
function resultOf(result, artifact) {
  const findings = list(result.findings);
  const many = list(result.pictures).length ? FOUND_ABOVE_A_PICTURE : FOUND_AT_ONCE;
  const shown = findings.slice(0, many).map((one, i) => finding(one, i, result, artifact));
  const rest = findings.slice(many);
  const more = rest.length
    ? folded(`${counted(rest.length, "more finding")} of ${result.check}`, () => rest.slice(0, 500).map((one, i) => finding(one, i + many, result, artifact)))
    : null;
  return h("div", {class: `result ${result.status}`},
    result.status === "error" || !findings.length ? failureOf(result) : null,
    shown,
    more,
    pictured(list(result.pictures)));
}

/* A check that could not run, or that failed without a finding: the last line of its traceback is the sentence. */
function failureOf(result) {
  const reason = String(result.reason || "");
  const sentence = lastLine(reason) || `${result.check} came to no answer`;
  return h("section", {class: "finding"},
    h("div", {class: "meta"}, mark(result.status === "error" ? "crashed" : result.status), h("code", {}, result.check), h("span", {class: severityClass(result.status)}, result.status === "error" ? "could not run" : result.status)),
    h("h3", {}, sentence),
    reason.trim().includes("\n") ? folded("Traceback", () => h("pre", {class: "traceback", tabindex: 0}, reason)) : null);
}

function severityClass(severity) {
  if (["critical", "error", "failed"].includes(severity)) return "failed-text";
  return ["warning", "warned"].includes(severity) ? "warned-text" : "dim";
}

function finding(one, i, result, artifact) {
  const state = one.accepted ? "accepted" : one.severity;
  // What the finding before it said already stands a line higher: a check of forty columns has one limit and one command.
  const before = list(result.findings)[i - 1] || {};
  const limitOf = ({expected, thresholds}) => JSON.stringify([expected, thresholds]);
  const sameLimit = limitOf(before) === limitOf(one);
  const action = one.action || result.action;
  const rows = [
    sameLimit ? null : one.expected ? ["Expected", [one.expected, list(one.thresholds).length ? " — " : null, thresholdsOf(list(one.thresholds))]] : list(one.thresholds).length ? ["Limit", thresholdsOf(one.thresholds)] : null,
    one.actual ? ["Actual", one.actual] : null,
    one.column ? ["Column", h("code", {}, one.column)] : null,
    one.location && one.location !== artifact.path ? ["Where", h("code", {}, one.location)] : null,
    one.accepted ? ["Accepted", one.accepted] : null,
    action && !i && action !== artifact.action ? ["Do", action] : null,
    one.again && before.again !== one.again ? ["Again", command(one.again)] : null,
  ].filter(Boolean);
  return h("section", {class: "finding"},
    h("div", {class: "meta"}, mark(state), h("code", {}, result.check), h("span", {class: severityClass(state)}, state), h("span", {}, sinceOf(one))),
    h("h3", {}, one.message),
    rows.length ? h("dl", {class: "kv"}, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])) : null,
    one.rows ? attempted(() => failingRows(one.rows)) : null);
}

/* Since when, and in how many runs; without a history nothing is claimed. */
function sinceOf({since, runs, new: fresh}) {
  const parts = [
    since ? `since ${instant(since)} UTC` : "",
    fresh ? "new in this run" : isNumber(runs) && runs > 0 ? counted(runs, "run") : "",
  ];
  return parts.filter(Boolean).join(" · ");
}

/* Where a limit comes from; several of one origin are said together. */
function thresholdsOf(thresholds) {
  const groups = new Map();
  thresholds.forEach(one => {
    const place = one.file ? (isNumber(one.line) ? `${one.file}:${one.line}` : one.file) : "";
    const key = `${ORIGINS[one.origin] || one.origin}\n${place}`;
    groups.set(key, [...(groups.get(key) || []), one]);
  });
  return [...groups].map(([key, several], i) => {
    const [origin, place] = key.split("\n");
    const said = several.map(one => `${one.key} = ${one.value}${overridden(one)}`).join(", ");
    return h("span", {class: "origin"}, i ? "; " : null, `${origin} `, h("code", {}, [place, said].filter(Boolean).join("  ")));
  });
}

function overridden({origin, value, default: usual}) {
  return origin !== "default" && usual !== null && usual !== undefined && String(usual) !== String(value) ? ` (default ${usual})` : "";
}

/* The rows that break an expectation: keys first, the cells that are wrong in red. */
function failingRows({columns, rows, bad, total, redacted}) {
  const names = list(columns);
  const wrong = new Set(list(bad));
  const numeric = names.map((_, i) => rows.length > 0 && rows.every(row => row[i] === null || /^[-−+]?[\d,]*\.?\d+(e[-+]?\d+)?$/i.test(String(row[i]))));
  const kind = i => [numeric[i] && "num", wrong.has(names[i]) && "bad"].filter(Boolean).join(" ") || null;
  const cell = (value, i) => h("td", {class: kind(i), title: value !== null && String(value).length > 40 ? value : null}, value === null || value === undefined ? h("i", {}, "null") : value);
  const many = isNumber(total) && total > rows.length ? `${number(rows.length)} of ${counted(total, "row")}` : counted(rows.length, "row");
  return h("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": "Rows that break it"},
    h("table", {class: "rows"},
      h("caption", {}, `${many}, key first${redacted ? "; values of personal columns are masked" : ""}`),
      h("thead", {}, h("tr", {}, names.map((name, i) => h("th", {scope: "col", class: kind(i)}, name)))),
      h("tbody", {}, rows.map(row => h("tr", {}, names.map((_, i) => cell(row[i], i)))))));
}

/* The left column. */
function factsOf(artifact) {
  const {passed, accepted} = checksOf(artifact);
  const upstream = upstreamOf(artifact);
  const downstream = downstreamOf(artifact);
  const facts = [
    ["Path", h("code", {}, artifact.path)],
    artifact.owner || artifact.contact ? ["Owner", [artifact.owner, artifact.contact ? h("span", {class: "faint"}, `${artifact.owner ? " · " : ""}${artifact.contact}`) : null]] : null,
    artifact.runbook ? ["Runbook", link(artifact.runbook, artifact.runbook.replace(/^https?:\/\//i, ""))] : null,
    ...list(artifact.facts).filter(Array.isArray),
    upstream.length ? ["Made from", neighbours(upstream)] : null,
    downstream.length ? ["Feeds", neighbours(downstream)] : null,
    passed.length ? ["Passed", folded(counted(passed.length, "check"), () => h("div", {class: "faint"}, passed.join(", ")))] : null,
    accepted.length ? ["Accepted", h("div", {class: "faint"}, accepted.join(", "))] : null,
    list(artifact.unchecked).length ? ["Not checked", uncheckedOf(artifact)] : null,
  ].filter(Boolean);
  return h("dl", {class: "facts"}, facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function neighbours(artifacts) {
  const item = artifact => h("div", {}, artifactLink(artifact));
  const rest = artifacts.slice(8);
  return [artifacts.slice(0, 8).map(item), rest.length ? folded(`${number(rest.length)} more`, () => rest.slice(0, 500).map(item)) : null];
}

/* Checks that did not run, by their reason; more than three reasons are behind a fold. */
function uncheckedOf(artifact) {
  const names = list(REPORT.checks[artifact.kind]);
  const reasons = new Map();
  artifact.unchecked.forEach(([check, reason]) => reasons.set(reason, [...(reasons.get(reason) || []), names[check]]));
  const items = () => [...reasons].map(([reason, checks]) => h("div", {class: "unchecked"}, h("code", {}, checks.join(", ")), " ", h("span", {class: "faint"}, lastLine(REPORT.reasons[reason]))));
  return reasons.size > 3 ? folded(counted(artifact.unchecked.length, "check"), items) : items();
}

const PICTURES = {age, distributions, serving, reliability, confusion, gate};

/* The pictures of one check, side by side where there is room. */
function pictured(pictures) {
  const known = pictures.filter(picture => picture && Object.hasOwn(PICTURES, picture.kind));
  if (!known.length) return null;
  return h("div", {class: "pictures"}, known.map(picture => h("figure", {class: `figure ${picture.kind}`}, attempted(() => PICTURES[picture.kind](picture.data || {})))));
}

/** Return a fold whose content is made when it is opened for the first time. */
function folded(words, content) {
  const fold = h("details", {class: "unfold"}, h("summary", {}, words));
  fold.addEventListener("toggle", () => {
    if (fold.open && fold.childElementCount === 1) fold.append(h("div", {class: "folded"}, content()));
  });
  return fold;
}
