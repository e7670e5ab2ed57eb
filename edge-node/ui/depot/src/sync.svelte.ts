// How far this depot's records have got, as the chip at the top says it.

import { get } from '@omniroute/ui/http.ts';
import { lookAgain, onChanged, onNamed } from '@omniroute/ui/live.svelte.ts';
import type { Sync } from './api.ts';

const ASK_MS = 15_000;
/** While a long backlog drains, records on screen change from here to hub in steps. */
const AFTER_ARRIVAL_MS = 1500;
/** Whatever is committed here has yet to be sent: the chip must not say otherwise for long. */
const AFTER_CHANGE_MS = 400;
const current = $state<{ sync: Sync | null; heard: boolean }>({ sync: null, heard: true });

/** `heard` is false while the depot's own box does not answer. */
export function sync(): Readonly<typeof current> {
  return current;
}

/** The stream brings every change; asking now and then tells a quiet box from a dead one. */
export function followSync(): () => void {
  onNamed('sync', (value) => take(value as Sync));
  let soon: ReturnType<typeof setTimeout> | undefined;
  const unsubscribe = onChanged(() => {
    soon ??= setTimeout(() => {
      soon = undefined;
      void ask();
    }, AFTER_CHANGE_MS);
  });
  void ask();
  const timer = setInterval(() => void ask(), ASK_MS);
  return () => {
    clearInterval(timer);
    clearTimeout(soon);
    unsubscribe();
  };
}

async function ask(): Promise<void> {
  try {
    take(await get<Sync>('sync'));
  } catch {
    current.heard = false;
  }
}

let arriving: ReturnType<typeof setTimeout> | undefined;

// When the hub has more than it had, what is on screen has travelled: it says so without a reload.
function take(sync: Sync): void {
  const arrived = current.sync !== null && current.sync.hub_seq !== sync.hub_seq;
  current.sync = sync;
  current.heard = true;
  if (!arrived) return;
  arriving ??= setTimeout(() => {
    arriving = undefined;
    lookAgain();
  }, AFTER_ARRIVAL_MS);
}
