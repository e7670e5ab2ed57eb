// How far this depot's records have got, as the chip at the top says it.

import { get } from '@omniroute/ui/http.ts';
import { onNamed } from '@omniroute/ui/live.svelte.ts';
import type { Sync } from './api.ts';

const ASK_MS = 30_000;
const current = $state<{ sync: Sync | null; heard: boolean }>({ sync: null, heard: true });

/** `heard` is false while the depot's own box does not answer. */
export function sync(): Readonly<typeof current> {
  return current;
}

/** The stream brings every change; asking now and then tells a quiet box from a dead one. */
export function followSync(): () => void {
  onNamed('sync', (value) => {
    current.sync = value as Sync;
    current.heard = true;
  });
  void ask();
  const timer = setInterval(() => void ask(), ASK_MS);
  return () => clearInterval(timer);
}

async function ask(): Promise<void> {
  try {
    current.sync = await get<Sync>('sync');
    current.heard = true;
  } catch {
    current.heard = false;
  }
}
