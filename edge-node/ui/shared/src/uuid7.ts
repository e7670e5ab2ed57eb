// Ids minted on this device (RFC 9562, version 7): a command's id is its protection against being
// carried out twice, so it exists before the command is sent.

export type Bytes = (length: number) => Uint8Array;

const LAST = { ms: 0, counter: 0 };

// `crypto.getRandomValues` also exists on plain http, where `crypto.randomUUID` does not.
const dice: Bytes = (length) => crypto.getRandomValues(new Uint8Array(length));

/** Ids of one page rise even within a millisecond and when the clock is set back. */
export function uuid7(now_ms: number = Date.now(), bytes: Bytes = dice, last = LAST): string {
  if (now_ms > last.ms) {
    last.ms = now_ms;
    last.counter = 0;
  } else {
    last.counter += 1;
    if (last.counter > 0xfff) {
      last.ms += 1;
      last.counter = 0;
    }
  }
  const random = bytes(8);
  const time = last.ms.toString(16).padStart(12, '0');
  const count = last.counter.toString(16).padStart(3, '0');
  random[0] = ((random[0] ?? 0) & 0x3f) | 0x80;
  const tail = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${tail.slice(0, 4)}-${tail.slice(4)}`;
}
