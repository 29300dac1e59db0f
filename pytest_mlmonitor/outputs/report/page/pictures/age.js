/* The age of a dataset over the last days: it grows with time and falls to zero with every build. What is above the limit is the debt. */

/** Return the picture of {builds, limit, evaluated_at, span}: epoch seconds, oldest first; limit and span in seconds. */
function age(data) {
  const {evaluated_at: now} = data;
  const limit = isNumber(data.limit) && data.limit >= 0 ? data.limit : null;
  const builds = numbers(data.builds).filter(build => build !== null && build <= now).sort((one, other) => one - other);
  if (!isNumber(now) || !builds.length) return undrawn("no build is known before the evaluation time");
  const span = isNumber(data.span) && data.span > 0 ? data.span : Math.max(1, now - builds[0]);
  const teeth = teethOf(builds, now, now - span);
  const late = limit === null ? [] : teeth.filter(tooth => tooth.peak > limit);
  const debt = late.reduce((sum, tooth) => sum + tooth.end - Math.max(tooth.start, tooth.build + limit), 0);
  const latest = now - builds[builds.length - 1];
  const words = [
    `Age over the last ${duration(span)}: now ${duration(latest)}`,
    limit === null ? "no limit" : `limit ${duration(limit)}`,
    counted(builds.filter(build => build >= now - span).length, "build"),
    limit === null ? null : late.length ? `above the limit ${counted(late.length, "time")}, ${duration(debt)} together` : "never above the limit",
  ].filter(Boolean).join(", ");
  return h("div", {},
    h("figcaption", {}, `Age over the last ${duration(span)}; it falls to zero with every build`),
    drawn(width => drawAge(width, {now, limit, span, teeth, late, latest, words})));
}

/* The stretches of time between two builds, as far as they lie after from: how old the data was at their start and end. */
function teethOf(builds, now, from) {
  return builds.map((build, i) => ({build, start: Math.max(build, from), end: builds[i + 1] ?? now}))
    .filter(({start, end}) => end > start || end === now)
    .map(({build, start, end}) => ({build, start, end, young: start - build, peak: end - build}));
}

function drawAge(width, {now, limit, span, teeth, late, latest, words}) {
  const narrow = width < NARROW;
  const [top, floor, height] = [narrow ? 22 : 14, 90, 108];
  const beside = narrow ? 0 : Math.min(110, width * 0.25);
  const right = width - beside - 4;
  const x = scale(now - span, now, 0, right);
  const y = scale(0, largest([...teeth.map(tooth => tooth.peak), (limit || 0) * 1.6], 1) * 1.06, floor, top);
  const over = limit !== null && latest > limit;
  const saw = teeth.flatMap(({start, end, young, peak}) => [[x(start), y(young)], [x(end), y(peak)]]);
  const area = late.map(({build, start, end, peak, young}) => {
    const from = Math.max(start, build + limit);
    return `${path([[x(from), y(limit)], [x(from), y(Math.max(limit, young))], [x(end), y(peak)], [x(end), y(limit)]])}z`;
  });
  const said = [{y: y(latest), words: `now ${duration(latest)}`, kind: over ? "failed-text" : "now"}];
  if (limit !== null) said.push({y: y(limit), words: `limit ${duration(limit)}`, kind: "plain"});
  return canvas(width, height, words,
    s("line", {class: "floor", x1: 0, x2: right, y1: floor, y2: floor}),
    timeAxis(now - span, now, x, floor),
    s("path", {class: "debt", d: area.join("")}),
    s("path", {class: "current", d: path(saw)}),
    limit === null ? null : s("line", {class: "limit", x1: 0, x2: right, y1: round(y(limit)), y2: round(y(limit))}),
    s("circle", {class: over ? "beyond" : "dot", cx: right, cy: round(y(latest)), r: 3}),
    narrow
      ? [label(right, 10, said[0].words, width * 0.6, {anchor: "end", kind: said[0].kind}),
        said[1] ? label(0, y(limit) - 4, said[1].words, width * 0.4, {kind: "plain"}) : null]
      : labelsBeside(said, right + 8, beside - 6, top, floor));
}
