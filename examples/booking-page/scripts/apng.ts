/** Joins PNG pictures of one size to an animated PNG (https://www.w3.org/TR/png-3/#apng-frame-based-animation). */

import { crc32 } from "node:zlib";

export interface Frame {
  readonly png: Buffer;
  /** Milliseconds. */
  readonly duration: number;
}

const SIGNATURE = 8;

/** Return the animation, which is repeated for ever. */
export function animated(frames: readonly Frame[]): Buffer {
  const [first] = frames;
  if (!first) throw new Error("An animation has a frame");
  const header = chunksOf(first.png, "IHDR")[0]!;
  let sequence = 0;
  const parts = [first.png.subarray(0, SIGNATURE), chunk("IHDR", header), chunk("acTL", words(frames.length, 0))];
  for (const [index, { png, duration }] of frames.entries()) {
    if (!chunksOf(png, "IHDR")[0]?.equals(header)) throw new Error("All frames have the same size and the same colours");
    const size = words(header.readUInt32BE(0), header.readUInt32BE(4), 0, 0);
    const time = Buffer.from([duration >> 8, duration & 255, 1_000 >> 8, 1_000 & 255, 0, 0]);
    parts.push(chunk("fcTL", Buffer.concat([words(sequence++), size, time])));
    const data = Buffer.concat(chunksOf(png, "IDAT"));
    parts.push(index === 0 ? chunk("IDAT", data) : chunk("fdAT", Buffer.concat([words(sequence++), data])));
  }
  return Buffer.concat([...parts, chunk("IEND", Buffer.alloc(0))]);
}

function chunksOf(png: Buffer, wanted: string): Buffer[] {
  const found: Buffer[] = [];
  for (let at = SIGNATURE; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString("latin1", at + 4, at + 8);
    if (type === wanted) found.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  return found;
}

function chunk(type: string, data: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(type, "latin1"), data]);
  return Buffer.concat([words(data.length), content, words(crc32(content))]);
}

function words(...numbers: number[]): Buffer {
  const buffer = Buffer.alloc(numbers.length * 4);
  numbers.forEach((number, index) => buffer.writeUInt32BE(number, index * 4));
  return buffer;
}
