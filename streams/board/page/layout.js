// How many columns, and how large the type: the largest that fits. Pure arithmetic over counts and pixels.

// What one tile needs, in its own em (see tile.css).
const NEEDS = { landscape: { wide: 29, high: 23 }, portrait: { wide: 24.6, high: 32.4 } };
const TOTAL = { strip: { wide: 96, high: 6.4 }, double: { wide: 53, high: 11.4 } };
// No more of the height than this for the total, and two lines where one would be too small to read.
const TOTAL_SHARE = 0.17;
const ROW = { wide: 82, high: 2.9, least: 50, most: 84 };
const LARGEST_PX = 64;
// Smaller type than this share of the screen's height is not read at five metres: rows are better then.
const LEAST_SHARE = 0.0118;
const LEAST_PX = 11;
const PHONE_PX = 700;
const COLUMN_PX = 360;

function tiles(n, width, height, gap) {
  let best = null;
  for (let columns = 1; columns <= n; columns += 1) {
    const lines = Math.ceil(n / columns);
    const wide = (width - gap * (columns - 1)) / columns;
    const high = (height - gap * (lines - 1)) / lines;
    for (const [form, needs] of Object.entries(NEEDS)) {
      const scale = Math.min(wide / needs.wide, high / needs.high, LARGEST_PX);
      if (!best || scale > best.scale + 0.01) best = { layout: "tiles", form, columns, scale };
    }
  }
  return best;
}

function rows(n, width, height, screenHeight) {
  const high = Math.min(ROW.most * (screenHeight / 1080), Math.max(ROW.least, height / (n + 1.8)));
  const scale = Math.min((high - 3) / ROW.high, width / ROW.wide);
  return { layout: "rows", form: "row", columns: 1, scale, total: "row", strip: scale, gap: 3 };
}

/** Tiles of a readable size that scroll: for phones, and for tablets with many queues. */
function scrolling(width) {
  const gap = 10;
  const columns = Math.max(1, Math.floor(width / COLUMN_PX));
  const scale = Math.max(LEAST_PX, (width - gap * (columns - 1)) / columns / NEEDS.landscape.wide);
  return { layout: "scroll", form: "landscape", columns, scale, total: "landscape", strip: scale, gap };
}

/**
 * {layout: tiles|rows|scroll, columns, gap, form and scale of a queue, form (`total`) and scale (`strip`) of the total}
 * for n queues in a field of pixels; forms as in tile.css, sizes in px.
 */
export function arrange(n, width, height, screenHeight) {
  if (width < PHONE_PX) return scrolling(width);
  const gap = Math.max(8, Math.round(width * 0.008));
  const total = width / TOTAL.strip.wide < LEAST_PX ? "double" : "strip";
  const strip = Math.min((height * TOTAL_SHARE) / TOTAL[total].high, width / TOTAL[total].wide);
  const found = tiles(Math.max(1, n), width, height - strip * TOTAL[total].high - gap, gap);
  const far = Math.min(screenHeight, (width * 9) / 16);
  if (found.scale >= Math.max(LEAST_PX, far * LEAST_SHARE)) return { ...found, total, strip, gap };
  const lines = rows(n, width, height, screenHeight);
  return lines.scale >= LEAST_PX ? lines : scrolling(width);
}
