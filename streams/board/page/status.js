// Whether a queue meets its targets in a window, with the figures that say so. Knows no text, no colour and no clock.

// Fewer points than this above the objective is "at risk": a handful of misses away on an ordinary hotline.
const NEAR_RATIO = 0.02;

const WORST_FIRST = ["below", "risk", "meets", "quiet"];

function levelStatus(level, objective, waitingBeyond) {
  const known = [level.ratio, level.live_ratio].filter((ratio) => ratio !== null && ratio !== undefined);
  if (known.length === 0) return waitingBeyond > 0 ? "below" : "quiet";
  if (objective === null || objective === undefined) return "quiet";
  const worst = Math.min(...known);
  if (worst < objective) return "below";
  if (waitingBeyond > 0 || (worst < 1 && worst - objective < NEAR_RATIO)) return "risk";
  return "meets";
}

function limitStatus(value, limit) {
  if (limit === null || limit === undefined || value === null || value === undefined) return "quiet";
  return value > limit ? "below" : "meets";
}

/** {status, level, answer, abandon}: each meets | risk | below | quiet; `status` is the worst of the others. */
export function judge(queue, figures) {
  const { target, now } = queue;
  const level = levelStatus(figures.service_level, target.objective_ratio, now.waiting_beyond_target);
  const answer = limitStatus(figures.answer.mean_s, target.asa_s);
  const abandon = limitStatus(figures.abandonment.ratio, target.abandon_ratio);
  const status = WORST_FIRST.find((one) => [level, answer, abandon].includes(one));
  return { status, level, answer, abandon };
}

/** The status of a queue of chats: of its first replies, with those that wait for one. */
export function judgeChats(queue, figures) {
  return levelStatus(figures.first_reply, queue.target.objective_ratio, queue.now.first_reply_beyond_target);
}

/** The outline of a status on a 24 x 24 field: told apart without colour. */
export const SHAPES = {
  meets: "M12 1.5a10.5 10.5 0 1 1 0 21 10.5 10.5 0 0 1 0-21zm5 6.2-6.3 6.4-3-3-1.9 1.9 4.9 4.9 8.2-8.3z",
  risk: "M12 1.6 23.6 22H.4zM10.7 8.6l.3 6.6h2l.3-6.6zm1.3 8.3a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z",
  below: "M2 2h20v20H2zm8.6 3.5v8l-3.2-3.2-1.9 1.9 6.5 6.4 6.5-6.4-1.9-1.9-3.2 3.2v-8z",
  quiet: "M12 1.5a10.5 10.5 0 1 1 0 21 10.5 10.5 0 0 1 0-21zm0 2.6a7.9 7.9 0 1 0 0 15.8 7.9 7.9 0 0 0 0-15.8zM8 10.7h8v2.6H8z",
  stale: "M4.1 2.2 12 10.1l7.9-7.9 1.9 1.9-7.9 7.9 7.9 7.9-1.9 1.9-7.9-7.9-7.9 7.9-1.9-1.9 7.9-7.9-7.9-7.9z",
};
