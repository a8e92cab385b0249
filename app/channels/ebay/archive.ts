import { createGunzip, createInflateRaw, type InflateRaw, type Gunzip } from "node:zlib";
import { Readable } from "node:stream";

const localHeader = 0x04034b50;
const centralHeader = 0x02014b50;
const endRecord = 0x06054b50;
const endRecordBytes = 22;
/** An end record may be followed by a comment of this length at most. */
const commentBytesMax = 65_535;
const stored = 0;
const deflated = 8;

/**
 * The text of a file as eBay's Feed API gives it: the first file of a zip, gzip, or as it is. A stream: a report of
 * 100,000 listings is some 25 MB of text and 2 MB here.
 * @returns null when it is a zip that was cut off or packed in a way nobody uses
 */
export function unpacked(file: Buffer): Readable | null {
  if (file.length > 4 && file.readUInt32LE(0) === localHeader) return unzipped(file);
  if (file.length > 2 && file[0] === 0x1f && file[1] === 0x8b) {
    return piped(file, createGunzip());
  }
  return Readable.from([file]);
}

function unzipped(file: Buffer): Readable | null {
  const entry = firstEntry(file);
  if (!entry) return null;
  const { method, packed } = entry;
  if (method === stored) return Readable.from([packed]);
  return method === deflated ? piped(packed, createInflateRaw()) : null;
}

/** By the directory at the end: the header in front may leave the sizes out. */
function firstEntry(file: Buffer): { readonly method: number; readonly packed: Buffer } | null {
  const directory = directoryAt(file);
  if (directory === null || directory + 46 > file.length) return null;
  if (file.readUInt32LE(directory) !== centralHeader) return null;
  const method = file.readUInt16LE(directory + 10);
  const size = file.readUInt32LE(directory + 20);
  const at = file.readUInt32LE(directory + 42);
  if (at + 30 > file.length || file.readUInt32LE(at) !== localHeader) return null;
  const start = at + 30 + file.readUInt16LE(at + 26) + file.readUInt16LE(at + 28);
  if (start + size > file.length) return null;
  return { method, packed: file.subarray(start, start + size) };
}

function directoryAt(file: Buffer): number | null {
  const last = file.length - endRecordBytes;
  const first = Math.max(0, last - commentBytesMax);
  for (let at = last; at >= first; at -= 1) {
    if (file.readUInt32LE(at) === endRecord) return file.readUInt32LE(at + 16);
  }
  return null;
}

function piped(packed: Buffer, unpack: InflateRaw | Gunzip): Readable {
  unpack.end(packed);
  return unpack;
}
