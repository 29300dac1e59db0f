/* The filters above the table: text, states (which are the legend of the marks too), what is new or fixed, kind and owner. */

const ALWAYS_A_CHIP = ["failed", "warned", "ok"];

/** Return the bar of filters. */
function filters() {
  const search = h("input", {type: "search", placeholder: "Filter by name, check or text  /", "aria-label": "Filter artifacts", autocomplete: "off", spellcheck: "false"});
  search.addEventListener("input", soon(() => {
    CHOICE.text = search.value;
    filtersChanged();
  }, 80));
  const states = STATES.filter(([state]) => ALWAYS_A_CHIP.includes(state) || stateCount(state));
  return h("div", {id: "filters", role: "search"},
    search,
    h("div", {class: "chips", role: "group", "aria-label": "State"}, states.map(([state, words]) => stateChip(state, words)), newsChip("new"), newsChip("fixed")),
    oneOf("kind", "All kinds", [...new Set(ARTIFACTS.map(artifact => artifact.kind))].sort(), kindWords),
    oneOf("owner", "All owners", [...new Set(ARTIFACTS.map(artifact => artifact.owner).filter(Boolean))].sort(), owner => owner),
    h("span", {id: "shown"}));
}

function stateChip(state, words) {
  const press = () => {
    if (CHOICE.states.has(state)) CHOICE.states.delete(state);
    else CHOICE.states.add(state);
    filtersChanged();
  };
  return h("button", {class: "chip", type: "button", "data-state": state, "aria-pressed": "false", click: press}, markOf({verdict: state}, null), `${words} ${number(stateCount(state))}`);
}

/* Artifacts that changed since the run before, or since the one that this is compared with. */
function newsChip(word) {
  const many = ARTIFACTS.filter(artifact => artifact[word]).length;
  if (!many) return null;
  const press = () => {
    CHOICE.news = CHOICE.news === word ? "" : word;
    filtersChanged();
  };
  return h("button", {class: "chip", type: "button", "data-news": word, "aria-pressed": "false", click: press}, `${number(many)} ${word}`);
}

/* A choice of one value; values stand behind numbers, since hidden characters of theirs are written out. */
function oneOf(name, all, values, words) {
  if (values.length < 2 && name === "owner" && !values.length) return null;
  const made = h("select", {name, "aria-label": all}, h("option", {value: ""}, all), values.map((value, i) => h("option", {value: i}, words(value))));
  made.values = values;
  made.addEventListener("change", () => {
    CHOICE[name] = made.value === "" ? "" : values[Number(made.value)];
    filtersChanged();
  });
  return made;
}

/** Show what the filters say, in the bar, in the table and in the address. */
function filtersChanged() {
  showFilters();
  const words = showTable();
  announce(words ? `${words} artifacts` : `all ${number(ARTIFACTS.length)} artifacts`);
  writeChoice();
}

function showFilters() {
  const bar = document.getElementById("filters");
  const search = bar.querySelector("input");
  if (search.value !== CHOICE.text) search.value = CHOICE.text;
  bar.querySelectorAll("[data-state]").forEach(chip => chip.setAttribute("aria-pressed", String(CHOICE.states.has(chip.dataset.state))));
  bar.querySelectorAll("[data-news]").forEach(chip => chip.setAttribute("aria-pressed", String(CHOICE.news === chip.dataset.news)));
  bar.querySelectorAll("select").forEach(made => {
    const place = made.values.indexOf(CHOICE[made.name]);
    made.value = place < 0 ? "" : String(place);
  });
}

/** Return a function that waits until nobody called it for so many milliseconds. */
function soon(act, milliseconds) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, milliseconds);
  };
}

/** Tell screen readers what changed. */
function announce(words) {
  document.getElementById("said").textContent = words;
}
