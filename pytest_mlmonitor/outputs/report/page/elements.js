/* Elements. Text always becomes a text node and an attribute is always set by its name, so nothing in the data can become markup. */

/* Characters that hide, or turn the text around them: controls but the line end, zero width, bidirectional, half a pair. */
const HIDDEN = new RegExp([
  "[\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]",
  "[\\ud800-\\udbff](?![\\udc00-\\udfff])",
  "(?<![\\ud800-\\udbff])[\\udc00-\\udfff]",
].join("|"), "g");

/* Most text is plain already, and thousands of texts are looked at before the first frame. */
const ORDINARY = /^[\x20-\x7e]*$/;

/** Return text with every hidden character written as what it is: \u202e. */
function plain(text) {
  const given = String(text);
  if (ORDINARY.test(given)) return given;
  return given.replace(HIDDEN, character => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"));
}

function element(created, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") created.addEventListener(name.replace(/^on/, ""), value);
    else if (name === "style") created.style.cssText = value; // as an attribute the page's own security policy forbids it
    else created.setAttribute(name, value === true ? "" : typeof value === "number" ? value : plain(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    created.append(child instanceof Node ? child : plain(child));
  }
  return created;
}

/** Return an HTML element; null, undefined and false among attributes and children are left out, functions are listeners. */
function h(tag, attributes, ...children) {
  return element(document.createElement(tag), attributes, children);
}

/** Return an SVG element, as h() does. */
function s(tag, attributes, ...children) {
  return element(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function isWeb(address) {
  return /^https?:\/\//i.test(address || "");
}

/** Return a link, or the bare words where the address is not one of the web. */
function link(address, ...children) {
  return isWeb(address) ? h("a", {href: address, rel: "noreferrer noopener"}, children) : h("span", {}, children);
}
