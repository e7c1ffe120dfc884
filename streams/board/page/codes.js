// The codes of the board's visits in English and Chinese. An unknown code is shown as it came: never guessed, never hidden.

export const CODES = {
  outcome: {
    answered: ["Answered", "已接听"], abandoned: ["Abandoned", "放弃"], left: ["Left", "离队"],
    waiting: ["Waiting", "等待中"], talking: ["Talking", "通话中"],
  },
  reason: {
    timeout: ["time-out", "超时"], key: ["key pressed", "按键离开"], empty: ["no agents", "无坐席"],
    full: ["queue full", "队列已满"], withdrawn: ["withdrawn", "撤回"], callback: ["callback", "回拨"],
    system: ["system", "系统"],
  },
  counted: {
    met: ["Met", "达标"], missed: ["Missed", "未达标"], "left out": ["Left out", "不计"],
    counted: ["Counted", "计入"], waiting: ["Waiting", "等待中"],
  },
  why: {
    answered_within_threshold: ["answered within the threshold", "阈值内接听"],
    answered_beyond_threshold: ["answered, but beyond the threshold", "接听，但超过阈值"],
    abandoned_short: ["short abandon: hung up at once", "短时放弃：很快挂断"],
    abandoned_after_short: ["hung up while waiting", "等待中挂断"],
    abandoned_beyond_threshold: ["hung up after waiting beyond the threshold", "等待超过阈值后挂断"],
    left_by_choice: ["left within the threshold by own choice", "阈值内自行离开"],
    left_by_failure: ["not served: time-out, queue full, no agents or system", "未获服务：超时、队满、无坐席或系统"],
    left_beyond_threshold: ["left after waiting beyond the threshold", "等待超过阈值后离开"],
    left: ["left the queue without an answer", "未接听即离队"],
    still_waiting: ["still waiting, within the threshold", "仍在等待，未超过阈值"],
    waiting_beyond_threshold: ["still waiting, beyond the threshold", "仍在等待，已超过阈值"],
    answered: ["answered", "已接听"],
    entered: ["entered the queue in this window", "在此窗口内进入队列"],
    talk_known: ["the whole conversation is known", "通话时长完整"],
    talk_unknown: ["length of the conversation unknown", "通话时长未知"],
    wrapup_unknown: ["length of the wrap-up unknown", "事后处理时长未知"],
    still_talking: ["still talking", "仍在通话"],
  },
};

/** The text of `code` in the vocabulary `kind` (outcome, reason, counted, why), or the code itself. */
export function codeText(lang, kind, code) {
  if (code === null || code === undefined || code === "") return "–";
  const texts = CODES[kind];
  const pair = Object.hasOwn(texts, code) ? texts[code] : null;
  return pair ? pair[lang === "zh" ? 1 : 0] : String(code);
}
