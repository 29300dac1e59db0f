/* The page is put together here; every other file only declares. */

function start() {
  readChoice();
  applyTheme();
  document.getElementById("page").append(
    h("header", {}, bar(), head()),
    h("main", {}, filters(), ARTIFACTS.length ? columns() : null, h("div", {id: "list", class: ARTIFACTS.length > 300 ? "many" : null}), lineage(), setup()),
    keys());
  showFilters();
  showTable();
  document.addEventListener("keydown", onKey);
  DARK.addEventListener("change", applyTheme);
  addEventListener("hashchange", () => {
    readChoice();
    applyTheme();
    showFilters();
    showTable();
  });
  window.reportReady = performance.now();
}

start();
