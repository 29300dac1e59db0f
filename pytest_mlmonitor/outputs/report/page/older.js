/* Older versions stand behind what is current, folded by what they are versions of: a lake of nightly builds is as many rows as it has tables. */

/** Return [artifacts that are current, {alike: [artifacts], olderOf: name} for the others]. Open ones are never folded. */
function foldedOlder(artifacts) {
  const isOlder = artifact => artifact.superseded && ["warned", "ok"].includes(artifact.verdict) && !CHOICE.open.has(artifact.id);
  if (CHOICE.text.trim() || !artifacts.some(isOlder)) return [artifacts, []];
  const folds = new Map();
  artifacts.filter(isOlder).forEach(artifact => {
    const key = `${artifact.kind}|${titleOf(artifact)}`;
    if (!folds.has(key)) folds.set(key, {alike: [], olderOf: titleOf(artifact)});
    folds.get(key).alike.push(artifact);
  });
  return [artifacts.filter(artifact => !isOlder(artifact)), [...folds.values()]];
}
