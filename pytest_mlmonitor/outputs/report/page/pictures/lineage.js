/* Lineage: what was made from what, in four columns from left to right. A link that a check found broken is dashed and says why. */

const STAGES = ["Datasets", "Training runs", "Reports and deployments", "Predictions"];
const STAGE_OF = {data_contract: 0, dataset: 0, policy: 0, training_run: 1, training_report: 2, external_report: 2, model_registry: 2, deployment: 2, predictions: 3};

const LINEAGE = {most: 60, kept: 36, least: 860, node: 38, line: 50, top: 26};
/* Nodes that are all drawn, and about how many are of more; pixels: the narrowest picture, a node, a line of nodes, the headings. */

/** Return the section of the page: heading, picture, and the broken links in words; nothing where no link is known. */
function lineage({artifacts, edges} = REPORT) {
  const links = list(edges).filter(([from, to]) => artifacts[from] && artifacts[to] && from !== to)
    .map(([from, to, role, broken, check, reason]) => ({from, to, role, broken: Boolean(broken), check, reason}));
  if (!links.length) return [];
  const all = [...new Set(links.flatMap(({from, to}) => [from, to]))].sort((one, other) => one - other);
  const {places, alike} = all.length > LINEAGE.most ? fewerNodes(all, links, artifacts) : {places: all, alike: new Map()};
  const left = all.length - places.length;
  const which = all.some(place => isFailed(artifacts[place])) ? "failed artifacts and their neighbours, one of those that fail alike" : "the first, worst first";
  const words = left ? ` Shown: ${which}; ${number(left)} others are left out.` : "";
  const shown = links.filter(({from, to}) => places.includes(from) && places.includes(to));
  return [h("section", {id: "lineage"},
    h("h2", {}, "Lineage"),
    h("p", {}, `What was made from what. A dashed line is a link that a check found broken.${words}`),
    h("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": "Lineage"},
      drawn(width => drawLineage(width, artifacts, places, shown, alike), LINEAGE.least)),
    brokenLinks(links.filter(({broken}) => broken), artifacts),
    readAloud("Links", ["from", "to", "state"], shown.map(({from, to, broken, reason}) =>
      [titleOf(artifacts[from]), titleOf(artifacts[to]), broken ? `broken: ${reason || "no reason"}` : "ok"])))];
}

/* Of a large platform: what failed with its neighbours, one of those that fail alike, and what else a link to it is broken of. */
function fewerNodes(all, links, artifacts) {
  const known = new Set(all);
  const near = new Map(all.map(place => [place, []]));
  links.forEach(({from, to}) => {
    near.get(from).push(to);
    near.get(to).push(from);
  });
  const alike = new Map();
  const first = new Map();
  all.filter(place => isFailed(artifacts[place])).forEach(place => {
    const key = likeness(artifacts[place]);
    if (first.has(key)) alike.set(first.get(key), (alike.get(first.get(key)) || 0) + 1);
    else first.set(key, place);
  });
  const failed = [...first.values(), ...links.filter(({broken, to}) => broken && !isFailed(artifacts[to])).map(({to}) => to)];
  const wanted = failed.length ? failed : all;
  const kept = new Set();
  for (const place of wanted) {
    if (kept.size >= LINEAGE.kept) break;
    [place, ...near.get(place).slice(0, 4)].filter(one => known.has(one)).forEach(one => kept.add(one));
  }
  return {places: all.filter(place => kept.has(place)), alike};
}

function brokenLinks(broken, artifacts) {
  if (!broken.length) return null;
  const item = ({from, to, check, reason}) => h("li", {},
    artifactLink(artifacts[from]), " → ", artifactLink(artifacts[to]), reason ? `: ${reason} ` : " ", check ? h("code", {}, check) : null);
  const rest = broken.slice(8, 200);
  return h("div", {class: "broken"},
    h("ul", {}, broken.slice(0, 8).map(item)),
    rest.length ? folded(counted(broken.length - 8, "more broken link"), () => h("ul", {}, rest.map(item))) : null);
}

/* Columns by stage; within one, each node as near as may be to what it was made from. */
function columnsOf(places, links, artifacts) {
  const columns = STAGES.map(() => []);
  places.forEach(place => columns[STAGE_OF[artifacts[place].kind] ?? 2].push(place));
  const sources = new Map(places.map(place => [place, []]));
  links.forEach(({from, to}) => sources.get(to).push(from));
  for (const column of columns.slice(1)) {
    const line = new Map(columns.flatMap(one => one.map((place, i) => [place, i])));
    const wish = place => {
      const of = sources.get(place).map(source => line.get(source));
      return of.length ? of.reduce((sum, value) => sum + value, 0) / of.length : line.get(place);
    };
    const wishes = new Map(column.map(place => [place, wish(place)]));
    column.sort((one, other) => wishes.get(one) - wishes.get(other));
  }
  return columns;
}

function drawLineage(width, artifacts, places, links, alike) {
  const columns = columnsOf(places, links, artifacts);
  const wide = Math.min(230, (width - 3 * 70) / 4);
  const gap = (width - 4 * wide) / 3;
  const at = new Map(columns.flatMap((column, i) => column.map((place, line) => [place, {x: i * (wide + gap), y: LINEAGE.top + line * LINEAGE.line, column: i}])));
  const height = LINEAGE.top + Math.max(...columns.map(column => column.length)) * LINEAGE.line;
  const picture = s("svg", {class: "lineage", width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Lineage graph"});
  const touching = place => lightUp(picture, place, links);
  const inOrder = [...links].sort((one, other) => one.broken - other.broken);
  picture.append(
    ...STAGES.map((stage, i) => label(i * (wide + gap), 12, stage, wide)),
    ...inOrder.map(one => drawLink(one, at, wide, gap)),
    ...reasonsOf(inOrder.filter(({broken}) => broken), at, wide, gap),
    ...places.map(place => drawNode(artifacts[place], place, at.get(place), wide, alike.get(place), touching)));
  return picture;
}

function drawLink({from, to, broken, reason}, at, wide, gap) {
  const [one, other] = [at.get(from), at.get(to)];
  const [y1, y2] = [one.y + LINEAGE.node / 2, other.y + LINEAGE.node / 2];
  const backwards = other.column <= one.column;
  const [x1, x2] = [one.x + wide, backwards ? other.x + wide : other.x];
  const bend = backwards ? Math.min(40, gap * 0.5) : 0;
  const [middle1, middle2] = backwards ? [x1 + bend, x2 + bend] : [(x1 + x2) / 2, (x1 + x2) / 2];
  const curve = `M${round(x1)} ${y1}C${round(middle1)} ${y1} ${round(middle2)} ${y2} ${round(x2)} ${y2}`;
  return s("g", {class: broken ? "link broken" : "link", "data-from": from, "data-to": to},
    s("path", {d: curve}),
    backwards ? s("path", {class: "arrow", d: `M${round(x2)} ${y2}l6 -3.5v7z`}) : null,
    broken ? tooltip(reason || "broken") : null);
}

/* Why links are broken, on the lines; where two would touch, the list below the picture says it. */
function reasonsOf(links, at, wide, gap) {
  const taken = [];
  return links.map(({from, to, reason}) => {
    const [one, other] = [at.get(from), at.get(to)];
    if (!reason || other.column <= one.column) return null;
    const x = one.x + wide + gap / 2;
    // On the line where it leaves the first gap: half way for neighbours, nearer to its source for longer ones.
    const y = one.y + LINEAGE.node / 2 + (other.column - one.column === 1 ? (other.y - one.y) / 2 : (other.y - one.y) * 0.15) - 6;
    if (taken.some(place => Math.abs(place.x - x) < gap && Math.abs(place.y - y) < 13)) return null;
    taken.push({x, y});
    return label(x, y, reason, gap - 6, {anchor: "middle", kind: "failed-text"});
  }).filter(Boolean);
}

function drawNode(artifact, place, {x, y}, wide, alike, touching) {
  const failed = isFailed(artifact);
  const state = failed ? "failed" : ["warned", "partial"].includes(artifact.verdict) ? "warned" : "quiet-node";
  const below = [artifact.version || (titleOf(artifact) === artifact.name ? "" : artifact.name), alike ? `and ${number(alike)} alike` : ""].filter(Boolean).join(", ");
  const sign = markOf(artifact, null);
  for (const [name, value] of Object.entries({x: x + 10, y: y + 7, width: 10, height: 10})) sign.setAttribute(name, value);
  const words = `${titleOf(artifact)}, ${kindWords(artifact.kind)}, ${(STATE_WORDS[artifact.verdict] || artifact.verdict).toLowerCase()}`;
  const open = event => {
    event.preventDefault();
    openArtifact(artifact);
  };
  return s("a", {
    class: `node ${state}`, href: "#lineage", "aria-label": words, "data-place": place, click: open,
    mouseenter: () => touching(place), mouseleave: () => touching(null), focus: () => touching(place), blur: () => touching(null),
  },
  s("rect", {class: "box", x: round(x) + 0.5, y: y + 0.5, width: round(wide - 1), height: LINEAGE.node - 1, rx: 3}),
  state === "quiet-node" ? null : s("rect", {class: "edge", x: round(x), y, width: 3, height: LINEAGE.node}),
  sign,
  label(x + 27, y + 16, titleOf(artifact), wide - 34, {kind: failed ? "strong" : "ink", size: 12}),
  label(x + 27, y + 31, below || kindWords(artifact.kind), wide - 34));
}

/* Pale all but a node, what it was made from, and what was made from it, near and far. */
function lightUp(picture, place, links) {
  const lit = new Set();
  const follow = (one, next) => {
    if (lit.has(one)) return;
    lit.add(one);
    next(one).forEach(other => follow(other, next));
  };
  const up = one => links.filter(({to}) => to === one).map(({from}) => from);
  const down = one => links.filter(({from}) => from === one).map(({to}) => to);
  if (place !== null) {
    follow(place, up);
    const upstream = new Set(lit);
    lit.clear();
    follow(place, down);
    upstream.forEach(one => lit.add(one));
  }
  const pale = one => place !== null && !lit.has(Number(one));
  picture.querySelectorAll(".node").forEach(node => node.classList.toggle("pale", pale(node.dataset.place)));
  picture.querySelectorAll(".link").forEach(line => line.classList.toggle("pale", pale(line.dataset.from) || pale(line.dataset.to)));
}
