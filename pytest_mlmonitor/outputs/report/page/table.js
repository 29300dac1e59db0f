/* The groups of the table, worst first, each with as many rows as are asked for. */

/** Show the artifacts that the filters leave. */
function showTable() {
  const chosen = ARTIFACTS.filter(isChosen);
  const groups = STATES.map(([state]) => [state, chosen.filter(artifact => artifact.verdict === state)]).filter(([, artifacts]) => artifacts.length);
  const place = document.getElementById("list");
  ROW_OF.clear();
  place.replaceChildren(...(groups.length ? groups.map(([state, artifacts]) => group(state, artifacts)) : [nothingShown()]));
  forgetSelected();
  const words = isNarrowed() ? `${number(chosen.length)} of ${number(ARTIFACTS.length)}` : "";
  document.getElementById("shown").textContent = words;
  return words;
}

function nothingShown() {
  if (ARTIFACTS.length) return h("p", {class: "empty"}, "No artifact matches. ", h("button", {class: "button", type: "button", click: () => { clearFilters(); filtersChanged(); }}, "Clear filters"));
  const roots = (RUN.roots || []).join(", ");
  return h("p", {class: "empty"}, roots ? ["Nothing under ", h("code", {}, roots)] : "Nothing", " was read as an artifact. ",
    REPORT.unclaimed_count ? "Files that no reader claims are listed below." : "The directory holds no file that could be one.");
}

function group(state, artifacts) {
  const [current, older] = foldedOlder(artifacts);
  const entries = [...(["ok", "unjudged"].includes(state) ? current : foldedAlike(current)), ...older];
  const rows = h("ol", {});
  const more = h("button", {class: "button more", type: "button", click: () => add(CHUNK)});
  let added = 0;
  function add(many) {
    const part = entries.slice(added, added + many);
    rows.append(...part.map(entry => (entry.alike ? alikeRow(entry) : row(entry))));
    added += part.length;
    const left = entries.length - added;
    more.hidden = left <= 0;
    more.textContent = left <= CHUNK ? `Show the other ${number(left)}` : `Show ${number(CHUNK)} more of ${number(left)}`;
  }
  add(openBefore(entries, state === "ok" && ARTIFACTS.length > FEW ? FIRST_OK : CHUNK));
  artifacts.filter(artifact => CHOICE.open.has(artifact.id)).forEach(artifact => setOpen(ROW_OF.get(artifact), true));
  const heading = h("div", {class: "group-head"}, h("h2", {}, STATE_WORDS[state], " ", h("span", {}, number(artifacts.length))), state === "ok" ? null : openAll(rows, artifacts.length));
  return h("section", {class: "group", "data-state": state}, heading, rows, more);
}

/* Put open artifacts that would not be among the first behind them, so that ten thousand rows are not made for the last; return how many there are then. */
function openBefore(entries, first) {
  const isFar = (entry, i) => i >= first && !entry.alike && CHOICE.open.has(entry.id);
  const far = entries.filter(isFar);
  if (far.length) entries.splice(first, entries.length, ...far, ...entries.filter((entry, i) => i >= first && !isFar(entry, i)));
  return first + far.length;
}

const MAX_OPENED = 50;

function openAll(rows, many) {
  if (many < 2) return null;
  return h("button", {class: "quiet", type: "button", click: event => {
    const made = [...rows.children].filter(child => ROWS.has(child)).slice(0, MAX_OPENED);
    const open = made.some(child => !isOpen(child));
    made.forEach(child => setOpen(child, open));
    event.currentTarget.textContent = open ? "close all" : "open all";
    writeChoice();
  }}, "open all");
}

/** Open the row of an artifact, wherever it is, and go there. */
function openArtifact(artifact) {
  CHOICE.open.add(artifact.id);
  if (!isChosen(artifact)) {
    clearFilters();
    filtersChanged();
  }
  if (!ROW_OF.has(artifact)) showTable();
  const made = ROW_OF.get(artifact);
  setOpen(made, true);
  writeChoice();
  select(made);
}

/** Return a link that opens the row of an artifact. */
function artifactLink(artifact, ...words) {
  const open = event => {
    event.preventDefault();
    openArtifact(artifact);
  };
  return h("a", {class: "to-artifact", href: "#open=" + encoded(escapedPart(artifact.id)), click: open}, words.length ? words : [markOf(artifact), titleOf(artifact)]);
}
