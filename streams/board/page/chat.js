// One queue of chats on the board: first replies and their target, who waits for an answer, how old all of it is.
// Patches texts in place, as tile.js does for calls; people are counted, never named.

import { attribute, mark, property, put, show } from "./dom.js";
import { count, duration, percent } from "./format.js";
import { judgeChats, SHAPES } from "./status.js";
import { ageText, distrust, distrustText, putPercent, timeText, translate } from "./tile.js";
import { word } from "./words.js";

export function chatName(queue, lang) {
  if (queue.queue === "*") return word(lang, "all_chats");
  return (lang === "zh" ? queue.title_zh || queue.title : queue.title) || queue.queue;
}

function putRate(parts, queue, first, lang) {
  const { objective_ratio: objective, first_reply_s: seconds } = queue.target;
  putPercent(parts, "level", first.ratio, objective);
  put(parts["level-of"], word(lang, "of_chats", { n: count(first.eligible, lang) }));
  put(parts.target, word(lang, "target", { objective: percent(objective), seconds }));
  const differs = first.live_ratio !== first.ratio && first.live_ratio !== null;
  show(parts.live, differs);
  if (!differs) return;
  const values = { percent: percent(first.live_ratio, objective), seconds, n: count(first.live_eligible, lang) };
  put(parts.live, word(lang, "live", values));
  attribute(parts.live, "title", word(lang, "live_chats_title", values));
}

/** A short note, all of it in its title; nothing where there is nothing to say. */
function putNoted(part, known, lang, key, values) {
  put(part, known ? word(lang, key, values) : "");
  attribute(part, "title", known ? word(lang, `${key}_title`, values) : "");
}

function putNow(parts, queue, lang) {
  const { open, unanswered, unanswered_beyond_target: beyond, per_agent_max: most } = queue.now;
  put(parts.waiting, count(unanswered, lang));
  put(parts.beyond, beyond > 0 ? word(lang, "beyond_chats", { n: count(beyond, lang), seconds: queue.target.first_reply_s }) : "");
  put(parts.open, count(open, lang));
  putNoted(parts["open-note"], most !== null, lang, "most_each", { n: count(most, lang) });
}

function putWork(parts, figures, lang) {
  const { first_reply: first, next_reply: next, rating } = figures;
  const near = first.percentiles === "exact" ? "p95" : "p95_near";
  put(parts.first, timeText(first.mean_s, lang));
  put(parts["first-note"], word(lang, near, { time: timeText(first.p95_s, lang) }));
  put(parts.next, timeText(next.mean_s, lang));
  put(parts["next-note"], word(lang, "replies", { n: count(next.count, lang) }));
  put(parts.missed, count(figures.missed, lang));
  const satisfied = { part: count(rating.satisfied, lang), n: count(rating.count, lang) };
  putNoted(parts["missed-note"], rating.count > 0, lang, "satisfied", satisfied);
  put(parts.opened, count(figures.opened + figures.reopened, lang));
}

/** A tile made from the template; `update` for a new board, `tick` for each second in between. */
export function createChatTile(template) {
  const element = template.content.firstElementChild.cloneNode(true);
  const parts = {};
  for (const part of element.querySelectorAll("[data-part]")) parts[part.dataset.part] = part;
  const path = element.querySelector(".shape path");
  const [level, longest] = ["level", "longest"].map((name) => element.querySelector(`.figure.${name}`));
  let queue = null;
  let status = null;
  let spoken = null;

  // With the feed dead nobody knows who still waits: the wait stops at the last instant that is known.
  function putWait(view, why) {
    const since = queue.now.oldest_unanswered_ms;
    const until = why ? Math.min(view.now, queue.data_ms ?? view.now) : view.now;
    const text = duration(since === null ? null : until - since);
    put(parts.longest, text);
    mark(longest, "long", String(text.length > 5));
    mark(longest, "status", !why && queue.now.unanswered_beyond_target > 0 ? "below" : "quiet");
  }

  function tick(view) {
    const why = distrust(queue, view);
    const shown = why ? "stale" : status;
    mark(element, "status", shown);
    attribute(path, "d", SHAPES[shown]);
    const rated = shown === "quiet" ? "quiet_chats" : (why ?? shown);
    put(parts.status, word(view.lang, `status_${rated}`));
    mark(level, "status", shown);
    putWait(view, why);
    const age = word(view.lang, "age", { age: ageText(view.now - queue.data_ms, view.lang) });
    put(parts.age, why ? distrustText(why, queue, view) : age);
  }

  function update(next, view) {
    queue = next;
    const figures = queue.windows[view.window];
    status = judgeChats(queue, figures);
    if (spoken !== view.lang) {
      translate(element, view.lang);
      spoken = view.lang;
    }
    const name = chatName(queue, view.lang);
    put(parts.name, name);
    attribute(parts.name, "title", name);
    const site = queue.site === "*" || !view.manySites ? "" : ` · ${queue.site}`;
    put(parts.site, word(view.lang, "chats") + site);
    attribute(element, "aria-label", `${name} – ${word(view.lang, "chats")}`);
    putRate(parts, queue, figures.first_reply, view.lang);
    putNow(parts, queue, view.lang);
    putWork(parts, figures, view.lang);
    property(element, "--level", String(figures.first_reply.ratio ?? 0));
    property(element, "--objective", String(queue.target.objective_ratio ?? 0));
    tick(view);
  }

  return { element, update, tick, status: () => element.dataset.status, statusText: () => parts.status.textContent };
}
