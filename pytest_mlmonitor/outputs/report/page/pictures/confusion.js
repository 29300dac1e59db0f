/* Confusion: what was, against what was said. A table, since its numbers are what one reads. */

const MOST_CLASSES = 12;

/** Return the table of {labels, cells, reported}: cells[actual][said] counts rows, reported is the same of the training report. */
function confusion(data) {
  const cells = list(data.cells).map(numbers);
  const names = cells.map((_, i) => String(list(data.labels)[i] ?? `class ${i + 1}`));
  if (!cells.length || !cells.some(row => row.some(value => value > 0))) return undrawn("no labelled row was counted");
  const shown = names.slice(0, MOST_CLASSES);
  const reported = data.reported ? list(data.reported).map(numbers) : null;
  const left = names.length - shown.length;
  return h("div", {class: "confusion"},
    h("figcaption", {}, `Confusion of the labelled rows${left ? `; ${counted(left, "more class", "more classes")} not shown` : ""}`),
    h("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": "Confusion of the labelled rows"},
      h("table", {class: "rows"},
        h("thead", {}, h("tr", {},
          h("th", {scope: "col"}, "actually"),
          shown.map(name => h("th", {class: "num", scope: "col"}, `said ${name}`)),
          h("th", {class: "num", scope: "col"}, "right"),
          reported ? h("th", {class: "num", scope: "col"}, "right as reported") : null)),
        h("tbody", {}, shown.map((name, i) => h("tr", {},
          h("th", {scope: "row"}, name),
          shown.map((_, j) => h("td", {class: `num ${i === j ? "right" : tintOf(cells[i], j)}`}, isNumber(cells[i][j]) ? number(cells[i][j], 0) : "")),
          h("td", {class: "num"}, rightShare(cells[i], i)),
          reported ? h("td", {class: "num dim"}, rightShare(reported[i] || [], i)) : null))))));
}

function rightShare(row, i) {
  const sum = row.reduce((total, value) => total + (isNumber(value) && value > 0 ? value : 0), 0);
  return sum > 0 && isNumber(row[i]) ? percent(row[i] / sum) : "none";
}

/* How much of a class went the wrong way: four steps of the tint of current data. */
function tintOf(row, j) {
  const sum = row.reduce((total, value) => total + (isNumber(value) && value > 0 ? value : 0), 0);
  const part = sum > 0 && isNumber(row[j]) ? row[j] / sum : 0;
  return part >= 0.4 ? "much" : part >= 0.2 ? "some" : part >= 0.05 ? "little" : "";
}
