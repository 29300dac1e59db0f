/* Light or dark: as the system is, unless the button or the address says otherwise. */

const DARK = matchMedia("(prefers-color-scheme: dark)");

function applyTheme() {
  document.documentElement.dataset.theme = CHOICE.theme || (DARK.matches ? "dark" : "light");
}

function switchTheme() {
  CHOICE.theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  applyTheme();
  writeChoice();
}
