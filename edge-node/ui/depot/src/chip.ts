// What the sync chip says, decided over plain values. Never "sent" before a first exchange, and
// always with the next step.

import type { Sync } from './api.ts';

export type ChipTone = 'ok' | 'plain' | 'warn' | 'bad';

export interface Chip {
  tone: ChipTone;
  /** Message id, with a shorter form under `-short` for narrow screens. */
  words: string;
  /** What the age in the words is counted from; null when the words have none. */
  since_ms: number | null;
  count: number;
}

const DAY_MS = 86_400_000;

export function chip(sync: Sync | null, heard: boolean, now_ms: number): Chip {
  if (!heard) return { tone: 'bad', words: 'chip-box-silent', since_ms: null, count: 0 };
  if (!sync) return { tone: 'plain', words: 'chip-unknown', since_ms: null, count: 0 };
  const waiting = { since_ms: sync.oldest_unsent_ms, count: sync.unsent };
  if (sync.refused === 'node-revoked') return { tone: 'bad', words: 'chip-revoked', ...waiting };
  if (sync.state === 'blocked') return { tone: 'bad', words: 'chip-blocked', ...waiting };
  if (sync.quarantined > 0) return { tone: 'bad', words: 'chip-quarantined', since_ms: null, count: sync.quarantined };
  if (sync.last_contact_ms === null || sync.state === 'never') {
    return { tone: 'warn', words: sync.unsent > 0 ? 'chip-never-waiting' : 'chip-never', ...waiting };
  }
  if (sync.certificate_expired) return { tone: 'warn', words: 'chip-expired', ...waiting };
  if (sync.state === 'waiting' || sync.unsent > 0) {
    const old = sync.oldest_unsent_ms !== null && now_ms - sync.oldest_unsent_ms > DAY_MS;
    return { tone: old ? 'warn' : 'plain', words: old ? 'chip-waiting-long' : 'chip-waiting', ...waiting };
  }
  const quiet = now_ms - sync.last_contact_ms > DAY_MS;
  return { tone: quiet ? 'warn' : 'ok', words: quiet ? 'chip-sent-long' : 'chip-sent', since_ms: sync.last_contact_ms, count: 0 };
}
