import { crc32, deflateSync } from 'node:zlib';

/**
 * Returns the picture with 256 colours, the most frequent ones that look different. It has about a
 * third of the bytes.
 *
 * @param page any page of a browser, which decodes the picture
 * @param {Buffer} png from Chromium, without transparency
 * @returns {Promise<Buffer>} a PNG
 */
export async function toSmall(page, png) {
  const { width, height, palette, pixels } = await page.evaluate(index, png.toString('base64'));
  const indexes = Buffer.from(pixels, 'base64');
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) indexes.copy(rows, y * (width + 1) + 1, y * width, (y + 1) * width);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits per pixel, with a palette.
  header.set([8, 3], 8);
  return Buffer.concat([
    png.subarray(0, 8),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette)),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** Runs in the page. Returns the palette, and for each pixel the index of its colour. */
async function index(base64) {
  const image = new Image();
  image.src = `data:image/png;base64,${base64}`;
  await image.decode();
  const { width, height } = image;
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const colourAt = (at) => (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
  const counts = new Map();
  for (let at = 0; at < data.length; at += 4) counts.set(colourAt(at), (counts.get(colourAt(at)) ?? 0) + 1);
  const byCount = [...counts].sort(([, a], [, b]) => b - a).map(([colour]) => colour);
  const split = (colour) => [colour >> 16, (colour >> 8) & 255, colour & 255];
  const distance = (a, b) => a.reduce((sum, value, channel) => sum + (value - b[channel]) ** 2, 0);
  // Skip colours that look like a more frequent one, so that a thin line keeps its colour.
  const kept = [];
  for (const colour of byCount.map(split)) {
    if (kept.length < 256 && kept.every((each) => distance(each, colour) >= 25)) kept.push(colour);
  }
  const placeOf = new Map(
    byCount.map((colour) => {
      const distances = kept.map((each) => distance(each, split(colour)));
      return [colour, distances.indexOf(Math.min(...distances))];
    }),
  );
  let pixels = '';
  for (let at = 0; at < data.length; at += 4) pixels += String.fromCharCode(placeOf.get(colourAt(at)));
  return { width, height, palette: kept.flat(), pixels: btoa(pixels) };
}
