// Who is signed in to the console, and the fleet that pages need to name the sites.

import { startCommands } from '@omniroute/ui/command.svelte.ts';
import { get, post, remove } from '@omniroute/ui/http.ts';
import { connect, disconnect, onChanged } from '@omniroute/ui/live.svelte.ts';
import { Refused } from '@omniroute/ui/problem.ts';
import { troubleOf, type Trouble } from '@omniroute/ui/view.svelte.ts';
import type { Fleet, Session } from './api.ts';

const current = $state<{ session: Session | null; fleet: Fleet | null; trouble: Trouble | null; starting: boolean }>({
  session: null,
  fleet: null,
  trouble: null,
  starting: true,
});

export function door(): Readonly<typeof current> {
  return current;
}

export function sites(): string[] {
  return [...new Set(current.fleet?.items.map((node) => node.site) ?? [])].sort();
}

export async function start(): Promise<void> {
  current.starting = true;
  current.trouble = null;
  try {
    await enter(await get<Session>('session'));
  } catch (error) {
    if (!(error instanceof Refused && error.problem.status === 401)) current.trouble = troubleOf(error);
  }
  current.starting = false;
}

export async function signIn(name: string, password: string): Promise<void> {
  await enter(await post<Session>('session', { name, password }));
}

export async function signOut(): Promise<void> {
  leave();
  await remove('session').catch(() => {});
}

export function leave(): void {
  disconnect();
  current.session = null;
}

async function enter(session: Session): Promise<void> {
  startCommands(session.name);
  // The pages can do without the fleet's names; they cannot do without being shown.
  current.fleet = await get<Fleet>('fleet').catch(() => current.fleet);
  current.session = session;
  connect();
}

let waiting: ReturnType<typeof setTimeout> | undefined;
onChanged(() => {
  waiting ??= setTimeout(() => {
    waiting = undefined;
    if (!current.session) return;
    get<Fleet>('fleet').then((fleet) => (current.fleet = fleet)).catch(() => {});
  }, 1000);
});
