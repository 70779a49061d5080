// A PNG encoder for small images: eight-bit RGBA, or black with the image in the alpha channel.
// Its own code because a canvas does not always return the pixels that were drawn (browsers add noise against
// fingerprinting), and because equal images must encode to equal bytes in every browser.

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const GRAY_AND_ALPHA = 4;
const RGB_AND_ALPHA = 6;
const MAX_STORED_BLOCK = 0xffff;

/**
 * @param {Uint8Array | Uint8ClampedArray} pixels  Row by row: one alpha value per pixel, or red, green, blue and alpha.
 * @param {number} width
 * @param {number} height
 * @returns {Uint8Array<ArrayBuffer>} The file.
 * @throws {RangeError} If the image does not fit into one stored block: about 180 × 180 pixels of alpha.
 */
export function encodePng(pixels, width, height) {
  const alphaOnly = pixels.length === width * height;
  const samples = alphaOnly ? [...pixels].flatMap((alpha) => [0, alpha]) : [...pixels];
  const header = [...uint32(width), ...uint32(height), 8, alphaOnly ? GRAY_AND_ALPHA : RGB_AND_ALPHA, 0, 0, 0];
  return Uint8Array.from([
    ...SIGNATURE,
    ...chunk("IHDR", header),
    ...chunk("IDAT", zlib(scanlines(samples, samples.length / height))),
    ...chunk("IEND", []),
  ]);
}

/**
 * Puts filter type 0 (none) in front of each row.
 *
 * @param {number[]} samples
 * @param {number} length  Samples per row.
 */
function scanlines(samples, length) {
  const bytes = [];
  for (let start = 0; start < samples.length; start += length) bytes.push(0, ...samples.slice(start, start + length));
  return bytes;
}

/**
 * The zlib format (RFC 1950) with a single uncompressed block (RFC 1951, 3.2.4).
 *
 * @param {number[]} bytes
 */
function zlib(bytes) {
  const length = bytes.length;
  if (length > MAX_STORED_BLOCK) {
    throw new RangeError(`The image must have at most ${MAX_STORED_BLOCK} bytes, got ${length}.`);
  }
  const complement = ~length & 0xffff;
  const last = 1;
  return [
    ...[0x78, 0x01],
    ...[last, length & 0xff, length >>> 8, complement & 0xff, complement >>> 8],
    ...bytes,
    ...uint32(adler32(bytes)),
  ];
}

/**
 * @param {string} type
 * @param {number[]} data
 */
function chunk(type, data) {
  const typed = [...type].map((letter) => letter.charCodeAt(0)).concat(data);
  return [...uint32(data.length), ...typed, ...uint32(crc32(typed))];
}

/**
 * @param {number} value
 * @returns {number[]} Four bytes, big-endian.
 */
function uint32(value) {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

/**
 * The checksum of a PNG chunk (ISO 3309), bit by bit: for two kilobytes a table is no faster.
 *
 * @param {number[]} bytes
 */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/**
 * The checksum of zlib data (RFC 1950).
 *
 * @param {number[]} bytes
 */
function adler32(bytes) {
  const modulus = 65521;
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % modulus;
    b = (b + a) % modulus;
  }
  return ((b << 16) | a) >>> 0;
}
