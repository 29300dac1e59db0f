/* The data of the page, read once, and who stands upstream and downstream of whom. */

const REPORT = JSON.parse(document.getElementById("data").textContent);
const RUN = REPORT.run;
const ARTIFACTS = REPORT.artifacts;
ARTIFACTS.forEach(fillIn);
const BY_ID = new Map(ARTIFACTS.map(artifact => [artifact.id, artifact]));

const EVALUATED = Date.parse(RUN.evaluated_at);

/* Worst first, as the groups of the table stand; the words are those of the groups and of the filters. */
const STATES = [
  ["error", "Could not be checked"],
  ["failed", "Failed"],
  ["partial", "Partly checked"],
  ["warned", "Warned"],
  ["unjudged", "Not judged"],
  ["ok", "OK"],
];

const STATE_WORDS = Object.fromEntries(STATES);
const HISTORY = {e: "error", f: "failed", p: "partial", w: "warned", o: "ok"};
const LETTERS = {e: "error", f: "failed", w: "warned", a: "accepted", p: "passed", n: "not_checked"};

/* What island.py leaves out since it is the usual. */
function fillIn(artifact) {
  if (artifact.worst) artifact.worst = {unit: "", direction: "above", ratio: null, ...artifact.worst};
}

const NEIGHBOURS = {upstream: new Map(), downstream: new Map()};
REPORT.edges.forEach(([from, to]) => {
  if (from === to) return;
  noteNeighbour(NEIGHBOURS.upstream, to, from);
  noteNeighbour(NEIGHBOURS.downstream, from, to);
});

function noteNeighbour(neighbours, one, other) {
  const known = neighbours.get(one) || new Set();
  neighbours.set(one, known.add(other));
}

const PLACES = new Map(ARTIFACTS.map((artifact, place) => [artifact, place]));

function upstreamOf(artifact) {
  return [...(NEIGHBOURS.upstream.get(PLACES.get(artifact)) || [])].map(place => ARTIFACTS[place]);
}

function downstreamOf(artifact) {
  return [...(NEIGHBOURS.downstream.get(PLACES.get(artifact)) || [])].map(place => ARTIFACTS[place]);
}

/** Return the nearest failed artifacts upstream of a failed one: what it may follow from. */
function failedUpstreamOf(artifact) {
  return (artifact.after || []).map(place => ARTIFACTS[place]);
}

function isFailed(artifact) {
  return artifact.verdict === "failed" || artifact.verdict === "error";
}

/** Return the verdicts of the last runs, oldest first, null where it was not there; without history only that of this run. */
function historyOf(artifact) {
  if (!artifact.history) return [artifact.verdict];
  return Array.from(artifact.history, letter => HISTORY[letter] || null);
}

/** Return {passed: [names], not_checked: [names], failed: …} of an artifact. */
function checksOf(artifact) {
  const names = REPORT.checks[artifact.kind] || [];
  const found = {error: [], failed: [], warned: [], accepted: [], passed: [], not_checked: []};
  Array.from(artifact.checks || "").forEach((letter, place) => {
    const word = LETTERS[letter];
    if (word) found[word].push(names[place]);
  });
  return found;
}

/** Return the names of the checks that are not fine, the worst first, each once. */
function failingChecksOf(artifact) {
  const wrong = (artifact.results || []).filter(result => ["error", "failed", "warned"].includes(result.status));
  return [...new Set(wrong.map(result => result.check))];
}

function titleOf(artifact) {
  return artifact.family || artifact.name;
}

/** Return a kind in words: training run, training runs. */
function kindWords(kind, many = 1) {
  const words = kind.replace(/_/g, " ");
  if (many === 1 || words.endsWith("s")) return words;
  return words.endsWith("y") ? words.slice(0, -1) + "ies" : words + "s";
}

function stateCount(state) {
  return ARTIFACTS.filter(artifact => artifact.verdict === state).length;
}
