// The visits behind a figure: asked for when a figure is clicked, shown with why each was counted or left out.

import { put } from "./dom.js";
import { codeText } from "./codes.js";
import { count, duration, instant, NOTHING } from "./format.js";
import { queueName } from "./tile.js";
import { word } from "./words.js";

const TITLES = {
  service_level: "service_level", waiting: "waiting", answered: "answer_speed", abandoned: "abandonment",
  handle: "handled", offered: "offered", talking: "talking",
};

function outcomeText(visit, lang) {
  const outcome = codeText(lang, "outcome", visit.outcome);
  return visit.reason ? `${outcome} (${codeText(lang, "reason", visit.reason)})` : outcome;
}

function cell(kind, label, text) {
  const element = document.createElement("td");
  element.textContent = text;
  element.className = kind;
  element.dataset.label = label;
  return element;
}

function row(visit, zone, asOfMs, lang) {
  const element = document.createElement("tr");
  element.dataset.counted = visit.counted ?? "";
  const texts = {
    entered: instant(visit.entered_ms, zone, asOfMs),
    left: instant(visit.left_ms, zone, asOfMs),
    outcome: outcomeText(visit, lang),
    waited: duration(visit.wait_ms),
    counted: codeText(lang, "counted", visit.counted),
    why: codeText(lang, "why", visit.why),
    agent: visit.agent || NOTHING,
    talk: duration(visit.talk_ms),
    visit: `${visit.contact} / ${visit.visit}`,
  };
  element.append(...Object.entries(texts).map(([kind, text]) => cell(kind, word(lang, kind), text)));
  return element;
}

function definitionText(definition, target, lang) {
  const formula = (lang === "zh" && definition.formula_zh) || definition.formula;
  const limits = word(lang, "limits", { threshold: target.threshold_s, short: target.short_abandon_s });
  return `${word(lang, "definition", { ...definition, formula })} (${limits})`;
}

function summaryText(answer, asOf, lang) {
  const shown = answer.visits.length;
  if (shown === 0) return word(lang, "visits_none");
  const n = answer.count ?? shown;
  const parts = [n === 1 ? word(lang, "visits_one") : word(lang, "visits_count", { n: count(n, lang) })];
  for (const [code, number] of Object.entries(answer.counted ?? {})) {
    parts.push(`${codeText(lang, "counted", code)} ${count(number, lang)}`);
  }
  parts.push(word(lang, "visits_as_of", { time: asOf }));
  if (answer.truncated) parts.push(word(lang, "visits_truncated", { n: count(shown, lang) }));
  return parts.join(" · ");
}

/** What the board said was wrong, or at least the status. */
async function refusal(response) {
  const said = await response.json().catch(() => null);
  return said?.error ? String(said.error) : `HTTP ${response.status}`;
}

/** Returns open(queue, figure, view); closing drops the rows and an answer still under way. */
export function createVisits(dialog) {
  const part = (name) => dialog.querySelector(`#visits-${name}`);
  const rows = part("rows");
  let request = null;

  function fill(answer, queue, view) {
    put(part("definition"), answer.definition ? definitionText(answer.definition, queue.target, view.lang) : "");
    put(part("summary"), summaryText(answer, instant(answer.now_ms ?? view.now, queue.timezone), view.lang));
    rows.replaceChildren(...answer.visits.map((visit) => row(visit, queue.timezone, view.now, view.lang)));
  }

  async function load(queue, figure, view, signal) {
    const query = new URLSearchParams({ queue: queue.queue, site: queue.site, window: view.window, figure });
    const response = await fetch(`api/v1/visits?${query}`, { signal, cache: "no-store" });
    if (!response.ok) throw new Error(await refusal(response));
    return response.json();
  }

  async function open(queue, figure, view) {
    request?.abort();
    request = new AbortController();
    const { signal } = request;
    const names = { figure: word(view.lang, TITLES[figure]), queue: queueName(queue, view.lang) };
    put(part("title"), word(view.lang, "visits_title", { ...names, window: word(view.lang, `window_${view.window}`) }));
    put(part("definition"), "");
    put(part("summary"), word(view.lang, "visits_loading"));
    rows.replaceChildren();
    if (!dialog.open) dialog.showModal();
    try {
      const answer = await load(queue, figure, view, signal);
      if (!signal.aborted) fill(answer, queue, view);
    } catch (error) {
      if (!signal.aborted) put(part("summary"), word(view.lang, "visits_failed", { reason: error.message }));
    }
  }

  dialog.addEventListener("close", () => {
    request?.abort();
    rows.replaceChildren();
  });
  part("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return open;
}
