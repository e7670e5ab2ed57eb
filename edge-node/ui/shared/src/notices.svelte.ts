// What the page says in passing: read out, shown for a while, never the only record of anything.

export type Tone = 'ok' | 'warn' | 'bad';

export interface Notice {
  key: number;
  tone: Tone;
  text: string;
}

const SHOWN_MS = 6000;
const current = $state<{ notices: Notice[] }>({ notices: [] });
let next = 1;

export function notices(): readonly Notice[] {
  return current.notices;
}

export function say(text: string, tone: Tone = 'ok'): void {
  const key = next++;
  current.notices = [...current.notices.slice(-1), { key, tone, text }];
  setTimeout(() => dismiss(key), tone === 'ok' ? SHOWN_MS : 2 * SHOWN_MS);
}

export function dismiss(key: number): void {
  current.notices = current.notices.filter((notice) => notice.key !== key);
}
