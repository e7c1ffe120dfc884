// One queue on the board: its figures of the chosen window, what is happening now, and how old all of it is.
// Patches texts in place; knows nothing of the connection but whether it stands.

import { attribute, mark, property, put, show } from "./dom.js";
import { count, duration, instant, NOTHING, percent, shortSeconds } from "./format.js";
import { judge, SHAPES } from "./status.js";
import { word } from "./words.js";

export function translate(root, lang) {
  for (const element of root.querySelectorAll("[data-word]")) put(element, word(lang, element.dataset.word));
}

export function queueName(queue, lang) {
  if (queue.queue === "*") return word(lang, "all_queues");
  return (lang === "zh" ? queue.title_zh || queue.title : queue.title) || queue.queue;
}

export function timeText(seconds, lang) {
  if (seconds === null || seconds === undefined) return NOTHING;
  return seconds < 99.5 ? word(lang, "seconds", { n: shortSeconds(seconds) }) : duration(Math.round(seconds) * 1000);
}

export function ageText(ms, lang) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return seconds < 100 ? word(lang, "seconds", { n: seconds }) : duration(ms);
}

/** The number and unit of a ratio into their two elements: a dash stands alone. */
export function putPercent(parts, name, ratio, objective) {
  const text = percent(ratio, objective);
  put(parts[name], text);
  put(parts[`${name}-unit`], text === NOTHING ? "" : "%");
}

function putLevel(parts, queue, level, lang) {
  const { objective_ratio: objective, threshold_s: seconds } = queue.target;
  putPercent(parts, "level", level.ratio, objective);
  put(parts["level-of"], word(lang, "of", { n: count(level.eligible, lang) }));
  put(parts.target, word(lang, "target", { objective: percent(objective), seconds }));
  const differs = level.live_ratio !== level.ratio && level.live_ratio !== null && level.live_ratio !== undefined;
  show(parts.live, differs);
  if (!differs) return;
  const values = { percent: percent(level.live_ratio, objective), seconds, n: count(level.live_eligible, lang) };
  put(parts.live, word(lang, "live", values));
  attribute(parts.live, "title", word(lang, "live_title", values));
}

function putWork(parts, queue, figures, lang) {
  const { answer, abandonment, handle } = figures;
  const near = answer.percentiles === "exact" ? "p90" : "p90_near";
  put(parts.answer, timeText(answer.mean_s, lang));
  put(parts["answer-note"], word(lang, near, { time: timeText(answer.p90_s, lang) }));
  putPercent(parts, "abandon", abandonment.ratio, queue.target.abandon_ratio ?? null);
  put(parts["abandon-note"], word(lang, "part_of", { part: count(abandonment.abandoned, lang), n: count(abandonment.of, lang) }));
  put(parts.handled, count(figures.answered, lang));
  const mean = handle.mean_s === null ? NOTHING : duration(Math.round(handle.mean_s) * 1000);
  const known = handle.count === figures.answered ? "" : ` (${count(handle.count, lang)})`;
  put(parts["handle-note"], word(lang, handle.kind === "talk" ? "talk_mean" : "handle_mean", { time: mean }) + known);
  attribute(parts["handle-note"], "title", word(lang, `${handle.kind === "talk" ? "talk" : "handle"}_title`, { n: count(handle.count, lang) }));
}

function putNow(parts, queue, lang) {
  const { waiting, waiting_beyond_target: beyond, talking } = queue.now;
  put(parts.waiting, count(waiting, lang));
  put(parts.beyond, beyond > 0 ? word(lang, "beyond", { n: count(beyond, lang), seconds: queue.target.threshold_s }) : "");
  put(parts.talking, count(talking, lang));
}

/** "cut", "stale" or null: why what a tile shows must not be trusted. */
export function distrust(queue, view) {
  if (view.connection === "lost") return "cut";
  const silent = queue.data_ms === null || queue.data_ms === undefined;
  return silent || view.now - queue.data_ms > view.board.stale_after_s * 1000 ? "stale" : null;
}

export function distrustText(why, queue, view) {
  if (queue.data_ms === null || queue.data_ms === undefined) return word(view.lang, "stale_never");
  return word(view.lang, why, { time: instant(queue.data_ms, queue.timezone, view.now) });
}

/** A tile made from the template; `update` for a new board, `tick` for each second in between. */
export function createTile(template, onFigure) {
  const element = template.content.firstElementChild.cloneNode(true);
  const parts = {};
  for (const part of element.querySelectorAll("[data-part]")) parts[part.dataset.part] = part;
  const path = element.querySelector(".shape path");
  const figure = (name) => element.querySelector(`.figure.${name}`);
  const [level, answer, abandon, longest] = ["level", "answer", "abandon", "longest"].map(figure);
  let queue = null;
  let judged = null;
  let spoken = null;

  element.addEventListener("click", (event) => {
    const button = event.target.closest("[data-figure]");
    if (button && queue) onFigure(queue, button.dataset.figure);
  });

  function putStatus(view, why) {
    const status = why ? "stale" : judged.status;
    mark(element, "status", status);
    attribute(path, "d", SHAPES[status]);
    put(parts.status, word(view.lang, `status_${why ?? status}`));
    for (const [one, state] of [[level, judged.level], [answer, judged.answer], [abandon, judged.abandon]]) {
      mark(one, "status", why ? "stale" : state);
    }
  }

  // With the feed dead nobody knows who still waits: the wait stops at the last instant that is known.
  function putWait(view, why) {
    const since = queue.now.longest_wait_start_ms;
    const until = why ? Math.min(view.now, queue.data_ms ?? view.now) : view.now;
    const waitMs = since === null ? null : until - since;
    const text = duration(waitMs);
    put(parts.longest, text);
    mark(longest, "long", String(text.length > 5));
    mark(longest, "status", !why && waitMs !== null && waitMs > queue.target.threshold_s * 1000 ? "below" : "quiet");
  }

  function tick(view) {
    const why = distrust(queue, view);
    putStatus(view, why);
    putWait(view, why);
    const age = why ? distrustText(why, queue, view)
      : word(view.lang, "age", { age: ageText(view.now - queue.data_ms, view.lang) });
    put(parts.age, age);
  }

  function update(next, view) {
    queue = next;
    const figures = queue.windows[view.window];
    judged = judge(queue, figures);
    if (spoken !== view.lang) {
      translate(element, view.lang);
      spoken = view.lang;
    }
    const name = queueName(queue, view.lang);
    put(parts.name, name);
    attribute(parts.name, "title", name);
    put(parts.site, queue.site === "*" || !view.manySites ? "" : queue.site);
    attribute(element, "aria-label", name);
    putLevel(parts, queue, figures.service_level, view.lang);
    putNow(parts, queue, view.lang);
    putWork(parts, queue, figures, view.lang);
    put(parts.offered, count(figures.offered, view.lang));
    property(element, "--level", String(figures.service_level.ratio ?? 0));
    property(element, "--objective", String(queue.target.objective_ratio ?? 0));
    tick(view);
  }

  return { element, update, tick, status: () => element.dataset.status, statusText: () => parts.status.textContent };
}
