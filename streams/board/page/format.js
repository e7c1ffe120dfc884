// Numbers and instants as texts. A missing value is a dash, never a zero; a rounded one never crosses a target.

export const NOTHING = "–";

const clocks = new Map();
const counts = new Map();
// More zones than any board has queues in; beyond it the oldest formatter is made again when needed.
const ZONES_KEPT = 64;

function formatter(zone, withDate) {
  const key = `${zone} ${withDate}`;
  let found = clocks.get(key);
  if (!found) {
    const options = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
    if (withDate) Object.assign(options, { year: "numeric", month: "2-digit", day: "2-digit" });
    try {
      found = new Intl.DateTimeFormat("sv-SE", { ...options, timeZone: zone });
    } catch {
      found = new Intl.DateTimeFormat("sv-SE", { ...options, timeZone: "UTC" });
    }
    if (clocks.size >= ZONES_KEPT) clocks.delete(clocks.keys().next().value);
    clocks.set(key, found);
  }
  return found;
}

/** 14:03:25 in the zone given; with the date where `at_ms` is another day than `now_ms`. */
export function instant(atMs, zone, nowMs = atMs) {
  if (atMs === null || atMs === undefined) return NOTHING;
  const far = formatter(zone, true);
  const text = far.format(atMs);
  return text.slice(0, 10) === far.format(nowMs).slice(0, 10) ? formatter(zone, false).format(atMs) : text;
}

/** 1:05 or 2:01:05 for a duration in ms, cut to whole seconds and never negative. */
export function duration(ms) {
  if (ms === null || ms === undefined) return NOTHING;
  const total = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor(total / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}

/** Seconds as a number to be followed by its unit: one decimal below ten, whole above; null for none. */
export function shortSeconds(seconds) {
  if (seconds === null || seconds === undefined) return null;
  return seconds < 9.95 ? seconds.toFixed(1) : String(Math.round(seconds));
}

export function count(n, lang) {
  if (n === null || n === undefined) return NOTHING;
  let found = counts.get(lang);
  if (!found) counts.set(lang, (found = new Intl.NumberFormat(lang === "zh" ? "zh-CN" : "en-GB")));
  return found.format(n);
}

/**
 * A ratio as percent, with as many decimals (at most two) as keep it on its side of the objective and off
 * a 0 or 100 that it is not; beyond two it is cut towards the true side.
 */
export function percent(ratio, objective = null) {
  if (ratio === null || ratio === undefined) return NOTHING;
  const exact = ratio * 100;
  const edges = [0, 100, ...(objective === null || objective === undefined ? [] : [objective * 100])];
  const honest = (shown) => edges.every((edge) => Math.sign(round(shown - edge)) === Math.sign(round(exact - edge)));
  for (const decimals of [0, 1, 2]) {
    const text = exact.toFixed(decimals);
    if (honest(Number(text))) return text;
  }
  const below = edges.some((edge) => exact < edge && Number(exact.toFixed(2)) >= edge);
  return ((below ? Math.floor(exact * 100) : Math.ceil(exact * 100)) / 100).toFixed(2);
}

// 0.82 * 100 is 82 to eleven digits only; what is closer than this to an edge is the edge.
function round(difference) {
  return Math.abs(difference) < 1e-9 ? 0 : difference;
}
