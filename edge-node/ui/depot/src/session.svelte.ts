// Which depot this is and who is signed in. Both are the server's knowledge: nothing secret is kept
// here, and the cookie is out of this page's reach.

import { startCommands } from '@omniroute/ui/command.svelte.ts';
import { get, post, remove } from '@omniroute/ui/http.ts';
import { connect, disconnect } from '@omniroute/ui/live.svelte.ts';
import type { Currency } from '@omniroute/ui/money.ts';
import { showAmounts } from '@omniroute/ui/parts/ProblemWords.svelte';
import { Refused } from '@omniroute/ui/problem.ts';
import { troubleOf, type Trouble } from '@omniroute/ui/view.svelte.ts';
import { money } from '@omniroute/ui/words.svelte.ts';
import type { Session, Site } from './api.ts';
import { may } from './roles.ts';

const current = $state<{ site: Site | null; session: Session | null; trouble: Trouble | null; starting: boolean }>({
  site: null,
  session: null,
  trouble: null,
  starting: true,
});

/** For pages behind the sign-in, where both are known. */
export function site(): Site {
  if (!current.site) throw new Error('the site is read before any page is shown');
  return current.site;
}

export function person(): Session {
  if (!current.session) throw new Error('only pages behind the sign-in ask who it is');
  return current.session;
}

export function currency(): Currency {
  return { code: site().currency, digits: site().currency_digits };
}

export function allowed(...commands: string[]): boolean {
  return current.session !== null && may(current.session.role, ...commands);
}

export function door(): Readonly<typeof current> {
  return current;
}

export async function start(): Promise<void> {
  current.starting = true;
  current.trouble = null;
  try {
    current.site = await get<Site>('site');
    if (current.site.device_paired) await resume();
  } catch (error) {
    current.trouble = troubleOf(error);
  }
  current.starting = false;
}

export async function pair(code: string, name: string): Promise<void> {
  await post('device', { code, name });
  current.site = await get<Site>('site');
}

export async function signIn(staff: string, pin: string): Promise<void> {
  enter(await post<Session>('session', { staff, pin }));
}

export async function signOut(): Promise<void> {
  leave();
  // An unreachable server forgets the session by its own clock; the page forgets it now.
  await remove('session').catch(() => {});
}

/** Forgets who is signed in, without a word to the server. */
export function leave(): void {
  disconnect();
  current.session = null;
}

async function resume(): Promise<void> {
  try {
    enter(await get<Session>('session'));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}

function enter(session: Session): void {
  showAmounts((minor) => money(minor, currency()));
  startCommands(session.staff);
  current.session = session;
  connect();
}
