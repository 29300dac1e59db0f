/* Artifacts of one name in several places: each says in which one it lies. */

const NAMESAKES = new Map();
/* What artifacts are called → {paths, first, last}: how many parts of their paths all of them share, from either end. */

function nameKey(artifact) {
  return [artifact.kind, titleOf(artifact), artifact.version || artifact.name].join("\n");
}

function namesakesOf(artifact) {
  if (!NAMESAKES.size) ARTIFACTS.forEach(noteName);
  const found = NAMESAKES.get(nameKey(artifact));
  if (found.first === undefined) {
    found.first = sharedParts(found.paths.map(path => path.split("/")));
    found.last = sharedParts(found.paths.map(path => path.split("/").reverse()));
  }
  return found;
}

function noteName(artifact) {
  const key = nameKey(artifact);
  if (!NAMESAKES.has(key)) NAMESAKES.set(key, {paths: []});
  NAMESAKES.get(key).paths.push(artifact.path);
}

function sharedParts(paths) {
  let shared = 0;
  while (shared < paths[0].length && paths.every(path => path[shared] === paths[0][shared])) shared += 1;
  return shared;
}

/** Return the part of an artifact's path that those of its name do not share; empty where it has the name for itself. */
function distinctPlaceOf(artifact) {
  const {paths, first, last} = namesakesOf(artifact);
  if (paths.length < 2) return "";
  const parts = artifact.path.split("/");
  return parts.slice(first, Math.max(first, parts.length - last)).join("/");
}
