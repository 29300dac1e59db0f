/* The table: a row an artifact, three lines where something is wrong and two quiet ones where all is well. */

const CHUNK = 200;
/* Rows that are added at once. */

const FIRST_OK = 20;
/* Rows of artifacts that are fine, where there are more than FEW. */

const FEW = 100;

const ROWS = new WeakMap();
/* Row → its artifact. */

const ROW_OF = new Map();
/* Artifact → its row, of those that are on the page. */

/** Return the row of an artifact, closed. */
function row(artifact) {
  const toggle = h("button", {class: "name", type: "button", "aria-expanded": "false"}, breakable(titleOf(artifact)));
  const line = h("div", {class: "line grid", click: event => openByClick(event, made)},
    markOf(artifact),
    h("div", {class: "artifact"}, toggle, h("div", {class: "kind"}, kindLine(artifact), ownerBelow(artifact))),
    h("div", {class: "what"}, whatIsSaid(artifact)),
    h("div", {class: "worst"}, worstValue(artifact)),
    h("div", {class: "history"}, strip(historyOf(artifact), RUN.history || []), sinceWhen(artifact)),
    h("div", {class: "owner"}, artifact.owner));
  const made = h("li", {class: `row ${artifact.verdict}`, "data-id": artifact.id}, line);
  ROWS.set(made, artifact);
  ROW_OF.set(artifact, made);
  return made;
}

/* A long name breaks where its parts meet, not within a number. */
function breakable(name) {
  return name.split(/(?<=[_./@-])/).map((part, i) => [i ? h("wbr", {}) : null, part]);
}

function kindLine(artifact) {
  const version = artifact.version || (artifact.family && artifact.family !== artifact.name ? artifact.name : "");
  return [kindWords(artifact.kind), shortHash(version.replace(/\+00:00$/, "Z")), distinctPlaceOf(artifact)].filter(Boolean).join(" · ");
}

/* The first eight of a hash tell runs apart; the path has all of it. */
function shortHash(version) {
  return version.replace(/\b([0-9a-f]{8})[0-9a-f]{16,}\b/g, "$1…");
}

function ownerBelow(artifact) {
  return artifact.owner ? h("span", {class: "owner-below"}, ` · ${artifact.owner}`) : null;
}

/* What is wrong, what to do, and all checks that say so; or that nothing is wrong. */
function whatIsSaid(artifact) {
  if (artifact.verdict === "ok" || artifact.verdict === "unjudged") return h("div", {class: "fine"}, quietWords(artifact));
  return [
    h("div", {class: "headline"}, artifact.headline || headlineOf(artifact)),
    actionLine(artifact),
    h("div", {class: "failing"}, failingNames(artifact), changedChecks(artifact), downstreamWords(artifact)),
  ];
}

function quietWords(artifact) {
  const {passed, accepted, not_checked: unchecked} = checksOf(artifact);
  if (artifact.verdict === "unjudged") return `no check could judge it: ${firstReason(artifact)}`;
  const superseded = artifact.superseded ? `superseded by ${artifact.superseded}; ` : "";
  const parts = [
    counted(passed.length + accepted.length, "check") + " passed",
    accepted.length ? `${number(accepted.length)} of them with an accepted finding` : "",
    unchecked.length ? `${number(unchecked.length)} not checked` : "",
  ].filter(Boolean);
  return superseded + (artifact.fixed ? "fixed; " : "") + parts.join(", ");
}

function firstReason(artifact) {
  const first = (artifact.unchecked || [])[0];
  return first ? lastLine(REPORT.reasons[first[1]]) : "it has none";
}

function lastLine(text) {
  return (text || "").trim().split("\n").pop();
}

/** Return what is wrong in one line, where the document has no headline of its own. */
function headlineOf(artifact) {
  const worst = (artifact.results || [])[0];
  if (!worst) return artifact.verdict === "partial" ? "Checks of it were left out of this run" : "";
  if (worst.status === "error") return `${worst.check} could not run: ${lastLine(worst.reason)}`;
  return worst.findings && worst.findings.length ? worst.findings[0].message : `${worst.check} failed`;
}

function actionLine(artifact) {
  const action = artifact.action || ((artifact.results || []).find(result => result.action) || {}).action;
  const own = artifact.runbook && !isSaidBy(artifact.runbook, action);
  const runbook = own ? h("span", {class: "runbook"}, link(artifact.runbook, isWeb(artifact.runbook) ? "runbook" : artifact.runbook)) : null;
  if (!action && !runbook) return null;
  return h("div", {class: "action"}, h("span", {class: "vh"}, "Do: "), h("span", {"aria-hidden": "true"}, "→ "), action, action ? " " : null, runbook);
}

/* A runbook that is a sentence is the action already (outputs/overview/headlines.py). */
function isSaidBy(runbook, action) {
  const sentence = text => (text || "").trim().replace(/\.+$/, "");
  return sentence(runbook) === sentence(action);
}

function failingNames(artifact) {
  return failingChecksOf(artifact).map((name, i) => [i ? "  " : null, h("span", {class: "check"}, name), isNewCheck(artifact, name) ? h("em", {}, " new") : null]);
}

function isNewCheck(artifact, name) {
  const change = artifact.change;
  return Boolean(change && !artifact.new && (change.new || []).includes(name));
}

/* Against an earlier run: checks that are fine again while the artifact is not. */
function changedChecks(artifact) {
  const fixed = (artifact.change && artifact.change.fixed) || [];
  return fixed.length ? h("span", {class: "prose"}, `  fixed: ${fixed.join(", ")}`) : null;
}

function downstreamWords(artifact) {
  const names = failedUpstreamOf(artifact).map(titleOf);
  return names.length ? h("span", {class: "prose"}, `  downstream of ${[...new Set(names)].join(", ")}`) : null;
}

function worstValue(artifact) {
  const worst = artifact.worst;
  const fine = artifact.verdict === "ok";
  if (!worst || (fine && artifact.superseded)) return null;
  return [
    h("div", {class: "value"}, h("b", {}, quantity(worst.value, worst.unit)), h("span", {}, fine ? withLimit(worst, " of ") : excess(worst))),
    bullet(worst, artifact.verdict),
    fine ? null : h("div", {class: "small"}, withLimit(worst, ", limit ")),
  ];
}

/* What was measured and its limit; a limit that is a least one says so. */
function withLimit(worst, most) {
  return `${worst.what}${worst.direction === "below" ? ", at least " : most}${quantity(worst.limit, worst.unit)}`;
}

/* Since when, where somebody knows: in the first run of all it is the run itself, which says nothing. */
function sinceWhen(artifact) {
  if (artifact.verdict === "ok" || artifact.verdict === "unjudged") return null;
  const fresh = artifact.new ? h("em", {}, "new") : null;
  const first = artifact.since === RUN.evaluated_at && !artifact.runs;
  if (!artifact.since || first) return fresh ? h("div", {class: "since"}, fresh) : null;
  return h("div", {class: "since"}, `since ${instant(artifact.since)} `, fresh);
}

/* A click on a row opens it, unless it was on a link or it marked text. */
function openByClick(event, made) {
  if (event.target.closest("a") || String(getSelection())) return;
  setOpen(made, !isOpen(made));
  writeChoice();
}

function isOpen(made) {
  return made.querySelector(":scope > .detail") !== null;
}

/** Open or close a row. */
function setOpen(made, open) {
  const artifact = ROWS.get(made);
  if (open !== isOpen(made)) {
    if (open) made.append(detail(artifact));
    else made.querySelector(":scope > .detail").remove();
  }
  made.querySelector(".name").setAttribute("aria-expanded", String(open));
  if (open) CHOICE.open.add(artifact.id);
  else CHOICE.open.delete(artifact.id);
}

/** Return the line in the place of artifacts that fail alike, or of older versions; it gives way to their rows. */
function alikeRow(fold) {
  const {kind} = fold.alike[0];
  const words = () => (fold.olderOf ? `${counted(fold.alike.length, "older version")} of ${fold.olderOf}` : `and ${number(fold.alike.length)} more ${kindWords(kind, fold.alike.length)}`);
  const button = h("button", {class: "quiet", type: "button", click: () => unfold()}, words());
  const made = h("li", {class: "row alike"},
    h("div", {class: "line grid"}, h("span", {}), h("div", {class: "artifact"}, button),
      h("div", {class: "what"}, h("div", {class: "failing"}, [...new Set(fold.alike.flatMap(failingChecksOf))].map((name, i) => [i ? "  " : null, h("span", {class: "check"}, name)])))));
  function unfold() {
    const rows = fold.alike.splice(0, CHUNK).map(row);
    made.before(...rows);
    if (fold.alike.length) button.textContent = words();
    else made.remove();
    rows[0].querySelector(".name").focus();
  }
  return made;
}
