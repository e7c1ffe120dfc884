// What a viewer chose: window, language, colours. From the address first, then from this browser's memory, then a default.

export const WINDOWS = ["5m", "15m", "30m", "60m", "interval", "today"];
const LANGUAGES = ["en", "zh"];
export const THEMES = ["dark", "light", "auto"];
const PREFIX = "hotline.";

function remembered(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // storage may be forbidden on a kiosk
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // the address still holds it
  }
}

function first(allowed, ...candidates) {
  return candidates.find((one) => allowed.includes(one));
}

function windowInAddress() {
  return new URLSearchParams(location.hash.slice(1)).get("window");
}

export function readSettings() {
  const query = new URLSearchParams(location.search);
  const spoken = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
  return {
    window: first(WINDOWS, windowInAddress(), remembered("window"), "30m"),
    lang: first(LANGUAGES, query.get("lang"), remembered("lang"), spoken),
    theme: first(THEMES, query.get("theme"), remembered("theme"), "dark"),
    keys: query.get("keys") !== "off",
  };
}

/** The window named by the address, or null: for when somebody edits it. */
export function addressedWindow() {
  return first(WINDOWS, windowInAddress()) ?? null;
}

export function keepWindow(name) {
  remember("window", name);
  const hash = new URLSearchParams(location.hash.slice(1));
  hash.set("window", name);
  history.replaceState(null, "", `#${hash}`);
}

/** Keeps `lang` or `theme`; an address that names it is corrected, so that a reload shows the same. */
export function keepChoice(name, value) {
  remember(name, value);
  const address = new URL(location.href);
  if (!address.searchParams.has(name)) return;
  address.searchParams.set(name, value);
  history.replaceState(null, "", address);
}
