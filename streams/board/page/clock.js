// The server's wall clock as this browser can know it: from the time each message was served.

// Messages arrive late, never early: within this the largest offset heard is the truest; beyond it a clock was set.
const JITTER_MS = 1500;

export function createClock() {
  let offset = null;
  return {
    hear(servedMs) {
      const heard = servedMs - Date.now();
      if (offset === null || heard > offset || offset - heard > JITTER_MS) offset = heard;
    },
    now: () => Date.now() + (offset ?? 0),
  };
}
