/* The last proof that lies beside the run: whether anybody would notice a fault, and which ones nobody would. */

function proofFold() {
  const proof = REPORT.proof;
  if (!proof) return null;
  const {killed, survived} = proof.counts;
  const score = proof.score === undefined || proof.score === null ? "no score" : `score ${(Math.floor(proof.score * 100 + 1e-9) / 100).toFixed(2)}`;
  const title = `Would anybody notice? ${number(killed)} of ${counted(killed + survived, "fault")}`;
  return foldOf(title, `${score}, ${proofAge(proof)}`, () => [h("p", {class: "faint"}, proofWords(proof)), proofTable(proof), survivorList(proof)]);
}

function proofAge(proof) {
  const seconds = (EVALUATED - Date.parse(proof.written_at)) / 1000;
  return seconds >= 60 ? `proven ${duration(seconds)} before this run` : `proven ${instant(proof.written_at)}`;
}

function proofWords(proof) {
  return [
    `mlmonitor prove, written ${instant(proof.written_at)}, judged as of ${instant(proof.evaluated_at)}, under `,
    proof.policy ? h("code", {}, proof.policy) : "the default policy",
    proof.red ? `; the data were red already on ${counted(proof.red, "check")}, which hides faults` : "",
    proof.ended_early ? "; its budget ended before the last fault" : "",
    ". Every fault is in proof.json.",
  ];
}

function proofTable(proof) {
  if (!proof.faults.length) return null;
  const faults = [...proof.faults].sort((one, other) => one[2] - other[2]);
  const head = h("thead", {}, h("tr", {}, ["fault", "noticed", "in words"].map(name => h("th", {scope: "col"}, name))));
  const rows = faults.map(([fault, words, , noticed, missed]) =>
    h("tr", {}, h("td", {}, h("code", {}, fault)), h("td", {}, `${number(noticed)} of ${number(noticed + missed)}`), h("td", {}, words)));
  return h("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": "Score by fault"}, h("table", {class: "rows"}, head, h("tbody", {}, rows)));
}

function survivorList(proof) {
  if (!proof.survivors.length) return h("p", {}, "Nobody would miss one.");
  return h("ul", {class: "survivors"}, proof.survivors.map(one => {
    const columns = one.columns || [];
    const what = columns.length > 1 ? `${counted(columns.length, "column")}: ${columns.slice(0, 5).join(", ")}${columns.length > 5 ? ", …" : ""}` : one.what;
    return h("li", {}, h("b", {}, one.artifact), " ", h("code", {}, one.fault), " ", what,
      one.text ? [h("div", {class: "faint"}, `would be noticed with, in ${one.place}:`), h("pre", {class: "scroll"}, one.text)] : null);
  }));
}
