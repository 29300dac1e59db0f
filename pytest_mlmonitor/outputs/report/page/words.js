/* Numbers, lengths of time and moments as people read them. Moments are UTC. */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

/* A number that is too large or too small to be written out: 1.2e12. */
function scientific(value) {
  return value.toExponential(1).replace("e+", "e").replace(/-/g, "−");
}

const FORMATS = new Map();
/* Making a format takes longer than a hundred uses of it. */

function formatOf(places) {
  if (!FORMATS.has(places)) FORMATS.set(places, new Intl.NumberFormat("en-US", {maximumFractionDigits: places}));
  return FORMATS.get(places);
}

/** Return a number with commas in its thousands and at most so many places: 1,204,118; −182.4. */
function number(value, places = 3) {
  if (!isNumber(value)) return "unknown";
  const size = Math.abs(value);
  if (size >= 1e12 || (size > 0 && size < 0.5 * 10 ** -places)) return scientific(value);
  return formatOf(places).format(value).replace("-", "−");
}

/** Return a number with exactly so many places: 0.050. */
function decimals(value, places = 3) {
  if (!isNumber(value)) return "unknown";
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 0.5 * 10 ** -places)) return number(value, places);
  return value.toFixed(places).replace("-", "−");
}

/** Return a number and its noun: 1 check, 1,204 checks. */
function counted(value, noun, plural = noun + "s") {
  return `${number(value)} ${value === 1 ? noun : plural}`;
}

/** Return a share as a percentage: 38.2 %. A little is not 0 %, nearly all is not 100 %. */
function percent(share) {
  if (!isNumber(share)) return "unknown";
  const figure = share * 100;
  if (Math.abs(figure) >= 1e6) return `${number(figure)} %`;
  let places = 1;
  const alike = () => ["0", "100"].includes(String(Math.abs(Number(figure.toFixed(places))))) && ![0, 100].includes(Math.abs(figure));
  while (places < 6 && alike()) places += 1;
  return `${alike() ? number(figure, places) : figure.toFixed(places).replace("-", "−")} %`;
}

/** Return a length of time with its two largest units, as the messages of findings do: 1 d 1 h; seconds are cut, not rounded. */
function duration(seconds) {
  if (!isNumber(seconds)) return "unknown";
  const sign = seconds < 0 ? "−" : "";
  const total = Math.floor(Math.abs(seconds));
  if (total < 1) return `${number(seconds)} s`;
  const parts = [
    [Math.floor(total / 86400), "d"],
    [Math.floor(total / 3600) % 24, "h"],
    [Math.floor(total / 60) % 60, "min"],
    [total % 60, "s"],
  ];
  const first = parts.findIndex(([amount]) => amount);
  const said = parts.slice(first, first + 2).filter(([amount]) => amount);
  return sign + (total >= 1e15 ? said.slice(0, 1) : said).map(([amount, unit]) => `${number(amount)} ${unit}`).join(" ");
}

/** Return a number of bytes in the unit that suits it: 1.5 GiB. */
function size(bytes) {
  const power = Math.min(4, Math.max(0, Math.floor(Math.log2(Math.abs(bytes) || 1) / 10)));
  return `${number(bytes / 1024 ** power, power ? 1 : 0)} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}`;
}

/** Return a measured value in its unit, as of core/measure.py. */
function quantity(value, unit) {
  if (!isNumber(value)) return "unknown";
  switch (unit) {
    case "seconds": return duration(value);
    case "milliseconds": return `${number(value, 1)} ms`;
    case "bytes": return size(value);
    case "share": return percent(value);
    case "percent_points": return `${number(value, 1)} points`;
    case "count": return number(value, 0);
    case "psi":
    case "score": return decimals(value);
    default: return number(value);
  }
}

/** Return how far a value is from its limit: 13× limit, 24 % over, 9 % under, at the limit. Empty where that cannot be said. */
function excess(measure) {
  const {ratio, value, limit, direction} = measure || {};
  if (!isNumber(ratio) || ratio < 1) return "";
  if (ratio === 1) return "at the limit";
  if (direction === "below") return isNumber(value) && limit > 0 ? `${Math.max(1, Math.round((1 - value / limit) * 100))} % under` : "";
  if (ratio >= 1.5) return `${ratio >= 10 ? number(Math.round(ratio)) : ratio.toFixed(1)}× limit`;
  return ratio < 1.01 ? "just over" : `${Math.round((ratio - 1) * 100)} % over`;
}

function two(value) {
  return String(value).padStart(2, "0");
}

/* Milliseconds of an instant (text, or milliseconds already) ; NaN for what is none. */
function milliseconds(moment) {
  const value = typeof moment === "number" ? moment : Date.parse(moment);
  return Number.isNaN(new Date(value).getTime()) ? NaN : value;
}

/** Return a day: 28 Nov. */
function day(moment) {
  const date = new Date(milliseconds(moment));
  return Number.isNaN(date.getTime()) ? "unknown day" : `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

/** Return a year: 2026. */
function year(moment) {
  const date = new Date(milliseconds(moment));
  return Number.isNaN(date.getTime()) ? "" : String(date.getUTCFullYear());
}

/** Return a time of day: 01:17. */
function clock(moment) {
  const date = new Date(milliseconds(moment));
  return Number.isNaN(date.getTime()) ? "unknown time" : `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}

/** Return a day and its time: 28 Nov 01:17. */
function instant(moment) {
  return `${day(moment)} ${clock(moment)}`;
}
