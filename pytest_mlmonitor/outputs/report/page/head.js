/* The top of the page: whose run it is, the verdict in one sentence, where to start, what changed, and how the run came about. */

function bar() {
  return h("div", {class: "bar"},
    h("b", {}, RUN.project || "mlmonitor"),
    h("span", {}, RUN.environment),
    h("span", {class: "space"}),
    h("button", {class: "button for-keys", type: "button", click: () => document.getElementById("keys").scrollIntoView()}, "Keys"),
    h("button", {class: "button", type: "button", click: switchTheme}, "Light / dark"));
}

function head() {
  return h("div", {class: "head"},
    h("div", {}, h("h1", {}, verdictSentence()), whereToStart(), warnings().map(words => h("p", {class: "deck failed-text"}, words)), notes().map(words => h("p", {class: "deck"}, words)), sinceLine()),
    runContext());
}

/** Return the verdict on the whole platform: never that all is well where nothing was looked at. */
function verdictSentence() {
  const all = ARTIFACTS.length;
  const [failed, errors, warned, partial, unjudged] = ["failed", "error", "warned", "partial", "unjudged"].map(stateCount);
  const red = words => h("span", {class: "failed-text"}, words);
  const ochre = words => h("span", {class: "warned-text"}, words);
  const some = many => `${number(many)} of ${number(all)}`;
  const artifacts = all === 1 ? " artifact" : " artifacts";
  if (!all) return red("No artifact was found");
  if (failed) return [red(some(failed)), `${artifacts} failed`, errors ? [", ", red(number(errors)), " could not be checked"] : ""];
  if (errors) return [red(some(errors)), `${artifacts} could not be checked`];
  if (unjudged === all) return [red(all === 1 ? "The only artifact" : `None of ${number(all)} artifacts`), all === 1 ? " was not judged" : " was judged"];
  if (RUN.complete === false) return red("This run did not finish");
  if (warned) return [ochre(some(warned)), `${artifacts} warned`];
  if (partial) return [ochre(some(partial)), `${artifacts} ${partial === 1 ? "was" : "were"} checked only in part`];
  if (unjudged) return [`${some(all - unjudged)} artifacts are OK, `, ochre(number(unjudged)), ` ${unjudged === 1 ? "was" : "were"} not judged`];
  return all === 1 ? "The only artifact is OK" : all === 2 ? "Both artifacts are OK" : `All ${number(all)} artifacts are OK`;
}

/* "Nothing upstream of them failed" claims a position and no cause; without lineage it would claim nothing and is not said. */
function whereToStart() {
  const failed = ARTIFACTS.filter(artifact => artifact.verdict === "failed");
  const roots = failed.filter(artifact => !artifact.after);
  const groups = groupedAlike(roots);
  const known = REPORT.edges.length > 0;
  if (!roots.length || (!known && groups.length > 3)) return null;
  const named = groups.slice(0, 3).map(rootWords);
  const others = groups.slice(3).reduce((sum, group) => sum + group.length, 0);
  const listed = named.map((words, i) => [i === 0 ? "" : i === named.length - 1 && !others ? " and " : ", ", words]);
  const rest = failed.length - roots.length;
  return h("p", {class: "deck"}, "Start with ", listed, others ? ` and ${number(others)} more` : "",
    known ? `: nothing upstream of ${roots.length > 1 ? "them" : "it"} failed.` : ".",
    rest ? ` The other ${rest === 1 ? "one lies" : `${number(rest)} lie`} downstream.` : "");
}

function rootWords(group) {
  const [first] = group;
  if (group.length === 1) return artifactLink(first, h("b", {}, titleOf(first)));
  return h("b", {}, `${number(group.length)} ${kindWords(first.kind, group.length)} with ${failingChecksOf(first).slice(0, 2).join(", ")}`);
}

const EXIT_WORDS = {
  2: "This run was interrupted",
  3: "This run ended with an error of its own",
  4: "This run could not begin as it was asked to: an option, the policy or a root is wrong",
  5: "This run had nothing to check",
};

const MAX_PROBLEMS = 3;

/** Return what makes the verdict less than one, in red. */
function warnings() {
  const said = [];
  if (RUN.complete === false) said.push("This run did not finish. What is missing here was not looked at.");
  else if (EXIT_WORDS[RUN.exit_status]) said.push(`${EXIT_WORDS[RUN.exit_status]} (exit status ${RUN.exit_status}). This page is no verdict on the platform.`);
  else if (RUN.exit_status > 5) said.push(`This run ended with exit status ${RUN.exit_status}, which is no verdict on the platform.`);
  problems().slice(0, MAX_PROBLEMS).forEach(({name, problem}) => said.push(`${name}: ${problem}`));
  if (problems().length > MAX_PROBLEMS) said.push(`and ${number(problems().length - MAX_PROBLEMS)} more: see what left this run, below.`);
  return said;
}

function problems() {
  const exports = (RUN.exports || []).filter(one => one.problem);
  return exports.concat(RUN.store && RUN.store.problem ? [{name: `The store ${RUN.store.file}`, problem: RUN.store.problem}] : []);
}

/** Return what this run did not look at by intention. */
function notes() {
  if (!RUN.narrowed && !RUN.left_out_count) return [];
  const ran = isNumber(RUN.collected) && RUN.collected > RUN.selected ? [`: ${number(RUN.selected)} of ${counted(RUN.collected, "check")} ran`] : [];
  const selected = RUN.selection.length ? [", selected by ", h("code", {}, RUN.selection.join(" "))] : [];
  return [["This run looked at a part of the platform", ran, selected, ". It says nothing of the rest."]];
}

/** Return what changed since the run before; without one nothing is said. */
function sinceLine() {
  if (!RUN.previous || !ARTIFACTS.length) return null;
  const parts = ["new", "still", "fixed"].filter(word => RUN[word]).map(word => `${number(RUN[word])} ${word}`);
  const gone = RUN.gone_count ? `; no longer there: ${RUN.gone.slice(0, 3).join(", ")}${RUN.gone_count > 3 ? ` and ${number(RUN.gone_count - 3)} more` : ""}` : "";
  const what = parts.join(", ") || "No change";
  const run = `the run of ${instant(RUN.previous.evaluated_at).replace(/ (?=\d\d:)/, ", ")}`;
  return h("p", {class: "since-line"}, RUN.compared ? `Compared with ${run}: ${what}${gone}` : `${what} since ${run}`);
}

function runContext() {
  const evaluated = new Date(EVALUATED);
  const lines = [
    ["Evaluated", Number.isNaN(EVALUATED) ? RUN.evaluated_at : `${day(EVALUATED)} ${evaluated.getUTCFullYear()}, ${clock(EVALUATED)} UTC`],
    commitLine() && [commitName(), commitLine()],
    RUN.policy_file && ["Policy", [h("code", {}, RUN.policy_file), policyWords()], "optional"],
    ["Checks", countsWords(), "optional"],
  ];
  return h("dl", {class: "context"}, lines.filter(Boolean).map(([name, said, kind]) => [h("dt", {class: kind}, name), h("dd", {class: kind}, said)]));
}

function commitName() {
  return RUN.commit ? "Commit" : RUN.branch ? "Branch" : "Job";
}

function commitLine() {
  const parts = [];
  if (RUN.commit) parts.push([link(RUN.commit_url, RUN.commit.slice(0, 10)), RUN.branch ? ` on ${RUN.branch}` : ""]);
  else if (RUN.branch) parts.push(RUN.branch);
  if (RUN.ci) parts.push(link(RUN.ci.url, RUN.ci.label || RUN.ci.service));
  return parts.length ? parts.map((part, i) => [i ? ", " : "", part]) : null;
}

/* Where the keys that are not default come from, besides the file. */
function policyWords() {
  const keys = RUN.policy || [];
  if (!keys.length) return null;
  const by = origin => keys.filter(key => key.origin === origin).length;
  const parts = [counted(keys.length, "key"), by("environment") && `${number(by("environment"))} by environment`, by("option") && `${number(by("option"))} by option`];
  return [h("br", {}), parts.filter(Boolean).join(", ")];
}

function countsWords() {
  const {pass, fail, error, warned, not_checked: unchecked} = RUN.counts;
  const parts = [[pass, "passed"], [fail, "failed"], [error, "could not run"], [warned, "warned"], [unchecked, "not checked"]];
  return parts.filter(([many], i) => many || i < 2).map(([many, words]) => `${number(many)} ${words}`).join(" · ");
}
