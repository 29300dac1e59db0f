/* What is chosen: filters, open rows and theme. It stands in the address after #, so that a link shows what its sender saw. */

const CHOICE = {states: new Set(), news: "", kind: "", owner: "", text: "", open: new Set(), theme: ""};

const MAX_OPEN_IN_HASH = 19;

/** Read the choice from the address; what names nothing on this page is left out. */
function readChoice() {
  const given = new URLSearchParams(location.hash.slice(1));
  const several = name => (given.get(name) || "").split(",").filter(Boolean).map(unescapedPart);
  CHOICE.states = new Set(several("state").filter(state => state in STATE_WORDS));
  CHOICE.news = ["new", "fixed"].includes(given.get("news")) ? given.get("news") : "";
  CHOICE.kind = given.get("kind") || "";
  CHOICE.owner = given.get("owner") || "";
  CHOICE.text = given.get("q") || "";
  CHOICE.open = new Set(several("open").filter(id => BY_ID.has(id)));
  CHOICE.theme = ["light", "dark"].includes(given.get("theme")) ? given.get("theme") : "";
}

/** Write the choice into the address, without a step in the browser's history. */
function writeChoice() {
  const parts = [];
  const note = (name, value) => value && parts.push(`${name}=${value}`);
  note("state", [...CHOICE.states].join(","));
  note("news", CHOICE.news);
  note("kind", encoded(CHOICE.kind));
  note("owner", encoded(CHOICE.owner));
  note("q", encoded(CHOICE.text));
  if (CHOICE.open.size <= MAX_OPEN_IN_HASH) note("open", [...CHOICE.open].map(id => encoded(escapedPart(id))).join(","));
  note("theme", CHOICE.theme);
  history.replaceState(null, "", parts.length ? "#" + parts.join("&") : location.pathname + location.search);
}

function encoded(text) {
  return encodeURIComponent(text.toWellFormed ? text.toWellFormed() : text).replace(/%20/g, "+").replace(/%2F/g, "/").replace(/%3A/g, ":");
}

/* A comma parts ids in the address, so one within an id is written otherwise. */
function escapedPart(id) {
  return id.replace(/~/g, "~0").replace(/,/g, "~1");
}

function unescapedPart(part) {
  return part.replace(/~1/g, ",").replace(/~0/g, "~");
}

/** Return whether any filter leaves artifacts out. */
function isNarrowed() {
  return Boolean(CHOICE.states.size || CHOICE.news || CHOICE.kind || CHOICE.owner || CHOICE.text.trim());
}

function clearFilters() {
  CHOICE.states.clear();
  CHOICE.news = CHOICE.kind = CHOICE.owner = CHOICE.text = "";
}

/** Return whether an artifact is among those that the filters leave. */
function isChosen(artifact) {
  if (CHOICE.states.size && !CHOICE.states.has(artifact.verdict)) return false;
  if (CHOICE.news && !artifact[CHOICE.news]) return false;
  if (CHOICE.kind && artifact.kind !== CHOICE.kind) return false;
  if (CHOICE.owner && (artifact.owner || "") !== CHOICE.owner) return false;
  const words = CHOICE.text.toLowerCase().split(/\s+/).filter(Boolean);
  return !words.length || words.every(word => searchedText(artifact).includes(word));
}

const SEARCHED = new WeakMap();

/* Everything of an artifact that a person may look for, in small letters. */
function searchedText(artifact) {
  if (!SEARCHED.has(artifact)) {
    const names = REPORT.checks[artifact.kind] || [];
    const {name, family, version, kind, owner, path, headline, action} = artifact;
    const said = (artifact.results || []).flatMap(result => [result.check, result.category, ...(result.findings || []).flatMap(finding => [finding.message, finding.column])]);
    const unchecked = (artifact.unchecked || []).map(([place]) => names[place]);
    SEARCHED.set(artifact, [name, family, version, kindWords(kind), kind, owner, path, headline, action, ...said, ...unchecked].join(" ").toLowerCase());
  }
  return SEARCHED.get(artifact);
}
