// The connection to the board: server-sent events, opened again for ever with growing pauses. Knows nothing of what is in them.

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15000;
// A connection that comes back sooner than this is not worth a banner: proxies cut long responses routinely.
const GRACE_MS = 2000;
// The board sends at least every 10 s, changed or not; a dead peer on a living socket shows only as silence.
const SILENCE_MS = 30000;

/** Calls onMessage(object) and onState("open" | "lost"); ends never. */
export function connect(url, onMessage, onState) {
  let source = null;
  let state = "connecting";
  let pause = FIRST_PAUSE_MS;
  let silence = 0;
  let grace = 0;

  function enter(next) {
    if (state === next) return;
    state = next;
    onState(next);
  }

  function heard(event) {
    let board;
    try {
      board = JSON.parse(event.data);
    } catch {
      return drop(); // half a message: the next connection starts with a whole one
    }
    clearTimeout(grace);
    grace = 0;
    pause = FIRST_PAUSE_MS;
    watch();
    enter("open");
    onMessage(board);
  }

  function watch() {
    clearTimeout(silence);
    silence = setTimeout(drop, SILENCE_MS);
  }

  // EventSource gives up for good on an error status, so every new attempt is ours.
  function drop() {
    source.close();
    clearTimeout(silence);
    if (!grace) grace = setTimeout(enter, GRACE_MS, "lost");
    setTimeout(open, pause * (0.75 + Math.random() / 2)); // spread: a hundred screens return to one board
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }

  function open() {
    source = new EventSource(url);
    source.addEventListener("board", heard);
    source.addEventListener("error", drop, { once: true });
    watch();
  }

  open();
}
