/* Commands that can be taken along. */

/** Return a button that copies a text. */
function copyButton(text) {
  const button = h("button", {class: "quiet copy", type: "button", "aria-label": "copy command"}, "copy");
  const done = () => {
    button.textContent = "copied";
    announce("copied");
    setTimeout(() => { button.textContent = "copy"; }, 1500);
  };
  button.addEventListener("click", () => {
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, () => selectBefore(button));
    else selectBefore(button);
  });
  return button;
}

/* Where the browser does not let us copy, the text is marked, ready for Ctrl+C. */
function selectBefore(button) {
  const text = button.previousElementSibling;
  if (text) getSelection().selectAllChildren(text);
}

/** Return a command with its button. */
function command(text) {
  return h("div", {class: "command"}, h("code", {}, text), copyButton(text));
}
