// How a node stands, decided over plain values: the worst of what is true comes first.

import type { Node } from './api.ts';

export type Tone = 'ok' | 'plain' | 'warn' | 'bad';

export interface Standing {
  tone: Tone;
  /** Message id. */
  words: string;
}

const QUIET_MS = 15 * 60_000;
const DAY_MS = 86_400_000;

export function standing(node: Node, now_ms: number): Standing {
  if (node.status === 'revoked') return { tone: 'plain', words: 'node-revoked' };
  if (node.status === 'fenced') return { tone: 'bad', words: 'node-fenced' };
  if (node.digest_agrees === false) return { tone: 'bad', words: 'node-disagrees' };
  if (node.quarantined > 0) return { tone: 'bad', words: 'node-quarantined' };
  if (node.status === 'invited') return { tone: 'plain', words: 'node-invited' };
  if (node.last_seen_ms === null) return { tone: 'plain', words: 'node-never' };
  const quiet_ms = now_ms - node.last_seen_ms;
  if (quiet_ms > DAY_MS) return { tone: 'bad', words: 'node-silent' };
  if (quiet_ms > QUIET_MS) return { tone: 'warn', words: 'node-silent' };
  if (node.clock_trusted === false) return { tone: 'warn', words: 'node-clock' };
  if ((node.unsent ?? 0) > 0) return { tone: 'plain', words: 'node-sending' };
  return { tone: 'ok', words: 'node-fine' };
}

/** Regions are kept in small letters; on screen they are names. */
export function regionName(region: string): string {
  return region.charAt(0).toUpperCase() + region.slice(1);
}
