/* The keyboard: j and k go down and up, Enter opens, / filters, Escape closes. */

let selected = null;

function forgetSelected() {
  selected = null;
}

/** Make a row the selected one, and bring it into view. */
function select(made) {
  if (selected) selected.classList.remove("selected");
  selected = made;
  made.classList.add("selected");
  made.querySelector(".name").focus({preventScroll: true});
  made.querySelector(".line").scrollIntoView({block: "nearest"});
}

function onKey(event) {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  if (typing) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const act = {j: () => step(1), k: () => step(-1), "/": () => document.querySelector("#filters input").focus(), Enter: openSelected, Escape: closeSelected}[event.key];
  if (act && act(event) !== false) event.preventDefault();
}

function step(by) {
  const rows = [...document.querySelectorAll("#list .row:not(.alike)")];
  const here = rows.indexOf(selected || document.activeElement.closest("#list .row"));
  const next = rows[Math.max(0, Math.min(rows.length - 1, here + by))];
  if (next) select(next);
}

/* A button that has the focus opens by itself. */
function openSelected(event) {
  if (event.target !== document.body || !selected) return false;
  setOpen(selected, !isOpen(selected));
  return writeChoice();
}

function closeSelected() {
  const made = selected || document.activeElement.closest("#list .row");
  if (!made || !ROWS.has(made)) return false;
  setOpen(made, false);
  select(made);
  return writeChoice();
}

function keys() {
  const key = (...words) => words.map((word, i) => [i ? " " : "", h("kbd", {}, word)]);
  const version = (RUN.versions || {})["pytest-mlmonitor"] || "";
  return h("footer", {id: "keys"},
    h("span", {}, key("j", "k"), " next, previous"),
    h("span", {}, key("Enter"), " open"),
    h("span", {}, key("/"), " filter"),
    h("span", {}, key("Esc"), " close"),
    h("span", {}, `mlmonitor ${version}${version ? ", " : ""}${duration(RUN.seconds)}. Times are UTC; ages are as of the evaluation time.`),
    REPORT.pictures_left_out ? h("span", {}, `Pictures of ${counted(REPORT.pictures_left_out, "artifact")} are left out of this file.`) : null);
}
