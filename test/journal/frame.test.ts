// A frame notices every single flipped bit, every cut, and every key but its own.
import { expect } from 'chai';
import { assert as holds, property, string, uint8Array } from 'fast-check';
import { frame, unframe } from '../../src/journal/frame.ts';
import { JournalError } from '../../src/journal/journal.ts';

const key = string({ minLength: 1, maxLength: 40 });
const payload = uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes));

function corrupt(name: string, bytes: Buffer): boolean {
  try {
    unframe(name, bytes);
    return false;
  } catch (error) {
    return error instanceof JournalError && error.code === 'CORRUPT' && error.message.includes(name);
  }
}

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return copy;
}

describe('a frame', () => {
  it('gives back what was put in', () => {
    holds(property(key, payload, (name, bytes) => unframe(name, frame(name, bytes)).equals(bytes)));
  });

  it('notices every single flipped bit', () => {
    const allNoticed = (name: string, bytes: Buffer): boolean => {
      const framed = frame(name, bytes);
      return Array.from({ length: framed.length * 8 }, (_, bit) => corrupt(name, flipped(framed, bit))).every(Boolean);
    };
    holds(property(key, payload, allNoticed));
  });

  it('notices every cut', () => {
    const allNoticed = (name: string, bytes: Buffer): boolean => {
      const framed = frame(name, bytes);
      return Array.from({ length: framed.length }, (_, end) => corrupt(name, framed.subarray(0, end))).every(Boolean);
    };
    holds(property(key, payload, allNoticed));
  });

  it('notices a value under the key of another', () => {
    const noticed = (one: string, other: string, bytes: Buffer): boolean =>
      one === other || corrupt(other, frame(one, bytes));
    holds(property(key, key, payload, noticed));
  });

  it('names the key', () => {
    expect(() => unframe('s/zone/key', Buffer.alloc(3))).to.throw('s/zone/key');
  });
});
