/* Artifacts that fail alike stand behind the first three of them; the terminal folds by the same numbers (outputs/alike.py). */

const MAX_ALIKE = 5;
const EXAMPLES = 3;

/** Return what makes two artifacts alike: their kind, and which of their checks are not fine. */
function likeness(artifact) {
  return [artifact.verdict, artifact.kind, ...failingChecksOf(artifact)].join("|");
}

/** Return artifacts in order, with {alike: [artifacts]} in the place of those that are folded. Open ones never are. */
function foldedAlike(artifacts) {
  if (CHOICE.text.trim()) return artifacts;
  const many = new Map();
  artifacts.forEach(artifact => many.set(likeness(artifact), (many.get(likeness(artifact)) || 0) + 1));
  const shown = new Map();
  const folds = new Map();
  const entries = [];
  artifacts.forEach(artifact => {
    const key = likeness(artifact);
    const before = shown.get(key) || 0;
    if (many.get(key) <= MAX_ALIKE || before < EXAMPLES || CHOICE.open.has(artifact.id)) {
      shown.set(key, before + 1);
      entries.push(artifact);
    } else if (folds.has(key)) {
      folds.get(key).alike.push(artifact);
    } else {
      folds.set(key, {alike: [artifact]});
      entries.push(folds.get(key));
    }
  });
  return entries;
}

/** Return groups of alike artifacts: one list for each, a list of one where they are few. */
function groupedAlike(artifacts) {
  const groups = new Map();
  artifacts.forEach(artifact => {
    const key = likeness(artifact);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(artifact);
  });
  return [...groups.values()].flatMap(group => (group.length > MAX_ALIKE ? [group] : group.map(artifact => [artifact])));
}
