// The page itself: what the board says, what the viewer chose, and the few places on the screen that show both.
// Draws at most once per frame and ticks once per second; leaves every figure to the tiles.

import { chatName, createChatTile } from "./chat.js";
import { createClock } from "./clock.js";
import { arrangeChildren, attribute, mark, property, put, show } from "./dom.js";
import { count, instant } from "./format.js";
import { arrange } from "./layout.js";
import { addressedWindow, keepChoice, keepWindow, readSettings, THEMES, WINDOWS } from "./settings.js";
import { leaveIfSignedOut } from "./session.js";
import { connect } from "./stream.js";
import { createTile, queueName, translate } from "./tile.js";
import { createVisits } from "./visits.js";
import { word } from "./words.js";

const at = (id) => document.getElementById(id);
const main = at("board");
const clock = createClock();
const chosen = readSettings();
const tiles = new Map();
const openVisits = createVisits(at("visits"));

let board = null;
let connection = "connecting";
let lostMs = 0;
let release = null;
let renewing = false;
let drawing = 0;
let fitted = -1;
let spoken = new Map();

const text = (key, values) => word(chosen.lang, key, values);

function view() {
  const manySites = new Set(board && queuesOf(board).map((queue) => queue.site)).size > 1;
  return { board, connection, manySites, now: clock.now(), lang: chosen.lang, window: chosen.window };
}

const tileKey = (queue) => JSON.stringify([queue.channel, queue.site, queue.queue]);
const isChat = (queue) => queue.channel === "chat";
const nameOf = (queue, lang) => (isChat(queue) ? chatName : queueName)(queue, lang);
const queuesOf = (said) => [...said.queues, ...(said.chats?.queues ?? [])];

/** What stands on top: the telephones' total, the chats' where there are chats only. */
function totalsOf(said) {
  const chats = said.chats?.total ? [said.chats.total] : [];
  return said.queues.length || !chats.length ? [said.total] : chats;
}

function tileOf(queue) {
  const key = tileKey(queue);
  if (!tiles.has(key)) {
    const made = isChat(queue) ? createChatTile(at("chat"))
      : createTile(at("tile"), (clicked, figure) => openVisits(clicked, figure, view()));
    tiles.set(key, made);
  }
  return tiles.get(key);
}

function putBoard(shown) {
  const [totals, queues] = [totalsOf(board), queuesOf(board)];
  const all = [...totals, ...queues];
  const keys = new Set(all.map(tileKey));
  for (const key of tiles.keys()) if (!keys.has(key)) tiles.delete(key);
  for (const queue of all) tileOf(queue).update(queue, shown);
  arrangeChildren(at("total"), totals.map((queue) => tileOf(queue).element));
  arrangeChildren(at("queues"), queues.map((queue) => tileOf(queue).element));
}

function putWindow(shown) {
  const figures = board.total.windows[chosen.window];
  const zone = board.total.timezone;
  put(at("window-name"), text(`window_${chosen.window}`));
  const span = `${instant(figures.from_ms, zone, shown.now)}–${instant(figures.to_ms, zone, shown.now)}`;
  const open = figures.basis === "entered" && !figures.final ? ` · ${text("provisional")}` : "";
  put(at("window-span"), span + open);
  attribute(at("window-span"), "title", text(`basis_${figures.basis}`));
}

function putFooter() {
  const chats = board.chats?.queues.length ? board.chats.definitions : {};
  const list = Object.values({ ...board.definitions, ...chats }).map((one) => `${one.id} v${one.version}`).join(" · ");
  put(at("definitions"), text("definitions", { list }));
  const events = Object.entries(board.events).map(([name, n]) => [name, count(n, chosen.lang)]);
  put(at("events"), text("events", Object.fromEntries(events)));
  put(at("release"), `${board.version} · ${board.total.timezone}`);
}

function fit() {
  fitted = board ? queuesOf(board).length : 0;
  // Not the height of the field itself: where the page scrolls, that is the height of what is in it.
  const rest = [".top", ".bottom", ".banner"].reduce((sum, one) => sum + document.querySelector(one).offsetHeight, 0);
  const width = at("queues").clientWidth || main.clientWidth;
  const found = arrange(fitted, width, window.innerHeight - rest, window.innerHeight);
  mark(document.body, "layout", found.layout);
  mark(main, "layout", found.layout);
  mark(at("queues"), "form", found.form);
  mark(at("total"), "form", found.total);
  property(main, "--columns", String(found.columns));
  property(main, "--gap", `${found.gap}px`);
  property(main, "--scale", `${found.scale.toFixed(2)}px`);
  property(main, "--strip", `${found.strip.toFixed(2)}px`);
}

/** Says aloud, politely, which queues changed their status since the last second. */
function announce() {
  const next = new Map();
  const changes = [];
  for (const queue of queuesOf(board)) {
    const key = tileKey(queue);
    // A tab in the background hears boards and ticks, but draws nothing: it has no tile to speak of.
    const tile = tiles.get(key);
    if (!tile) continue;
    next.set(key, `${chosen.window} ${tile.status()}`);
    const before = spoken.get(key);
    const sameWindow = before?.startsWith(`${chosen.window} `);
    if (sameWindow && before !== next.get(key)) changes.push(`${nameOf(queue, chosen.lang)}: ${tile.statusText()}`);
  }
  spoken = next;
  if (changes.length) put(at("announcer"), changes.join("; "));
}

function putBanner() {
  const zone = board?.total.timezone ?? "UTC";
  const key = board ? "banner_lost" : "banner_connecting";
  if (connection === "lost") put(at("banner"), text(key, { time: instant(lostMs, zone, clock.now()) }));
  show(at("banner"), connection === "lost");
  mark(document.body, "connection", connection);
}

function putClocks(shown) {
  const zone = board.total.timezone;
  put(at("data-time"), instant(board.now_ms, zone, shown.now));
  put(at("wall-clock"), instant(shown.now, zone));
}

function tick() {
  if (board) {
    const shown = view();
    for (const tile of tiles.values()) tile.tick(shown);
    putClocks(shown);
    if (connection === "open") announce();
  }
  setTimeout(tick, 1000 - (Math.floor(clock.now()) % 1000));
}

function draw() {
  drawing = 0;
  if (!board) return;
  const shown = view();
  show(at("demo"), Boolean(board.demo));
  show(at("empty"), queuesOf(board).length === 0);
  put(at("empty"), text("no_queues"));
  putBoard(shown);
  putWindow(shown);
  putClocks(shown);
  putFooter();
  if (fitted !== queuesOf(board).length) fit();
}

function redraw() {
  if (!drawing) drawing = requestAnimationFrame(draw);
}

/** A screen left open for months takes a new release by itself, once the board that sent it also serves the page. */
async function renew() {
  renewing = true;
  const page = await fetch(location.pathname, { method: "HEAD", cache: "no-store" }).catch(() => null);
  renewing = false;
  if (page?.ok) location.reload();
}

function hear(next) {
  clock.hear(next.served_ms);
  release ??= next.version;
  if (release !== next.version && !renewing) renew();
  board = next;
  redraw();
}

function heardState(next) {
  if (next === "lost") {
    leaveIfSignedOut(() => connection === "lost");
    lostMs = clock.now();
    put(at("announcer"), text("announce_lost"));
  } else if (connection === "lost") put(at("announcer"), text("announce_open"));
  connection = next;
  putBanner();
  redraw();
}

function putChoices() {
  const root = document.documentElement;
  attribute(root, "lang", chosen.lang === "zh" ? "zh-CN" : "en");
  mark(root, "theme", chosen.theme);
  document.title = text("page_title");
  translate(document, chosen.lang);
  if (!board) put(at("empty"), text("connecting"));
  const named = text(`theme_${chosen.theme}`);
  put(at("theme-name"), named);
  attribute(at("theme"), "title", text("theme_hint", { name: named }));
  attribute(at("theme"), "aria-label", text("theme_hint", { name: named }));
  put(at("language"), text("language"));
  attribute(at("language"), "lang", text("language_tag"));
  attribute(at("language"), "title", text("language_hint"));
  attribute(at("windows"), "aria-label", text("window"));
  [...at("windows").children].forEach((button, index) => {
    put(button, text(`short_${button.value}`));
    attribute(button, "aria-pressed", String(button.value === chosen.window));
    attribute(button, "title", `${text(`window_${button.value}`)} (${text("key", { n: index + 1 })})`);
  });
  putBanner();
  redraw();
}

function choose(name, value) {
  chosen[name] = value;
  if (name === "window") keepWindow(value);
  else keepChoice(name, value);
  putChoices();
}

function pressed(event) {
  const typed = event.ctrlKey || event.altKey || event.metaKey || !chosen.keys || at("visits").open;
  const name = WINDOWS[Number(event.key) - 1];
  if (!typed && name) choose("window", name);
}

function start() {
  for (const name of WINDOWS) {
    const button = document.createElement("button");
    button.type = "button";
    button.value = name;
    button.addEventListener("click", () => choose("window", name));
    at("windows").append(button);
  }
  at("language").addEventListener("click", () => choose("lang", chosen.lang === "zh" ? "en" : "zh"));
  at("theme").addEventListener("click", () => choose("theme", THEMES[(THEMES.indexOf(chosen.theme) + 1) % THEMES.length]));
  document.addEventListener("keydown", pressed);
  window.addEventListener("hashchange", () => addressedWindow() && choose("window", addressedWindow()));
  new ResizeObserver(fit).observe(main);
  window.addEventListener("resize", fit);
  putChoices();
  tick();
  connect("api/v1/stream", hear, heardState);
}

start();
