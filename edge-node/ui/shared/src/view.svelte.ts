// What a page reads from the server, kept fresh by live updates. Old values stay on screen while new
// ones are on their way, and when they cannot be had.

import { untrack } from 'svelte';
import { get, query } from './http.ts';
import { EVERYTHING, onChanged } from './live.svelte.ts';
import { type Problem, Refused } from './problem.ts';

/** Changes come in bursts (one delivery touches order, task, rider, cash): read once for all. */
const SETTLE_MS = 250;

export interface Page<T> {
  items: T[];
  next: string | null;
}

export type Trouble = { kind: 'silence' } | { kind: 'refused'; problem: Problem };

export class View<T> {
  value = $state<T | null>(null);
  trouble = $state<Trouble | null>(null);
  loading = $state(true);
  readonly #path: () => string | null;
  #running: AbortController | null = null;

  constructor(path: () => string | null) {
    this.#path = path;
  }

  async load(): Promise<void> {
    const path = this.#path();
    this.#running?.abort();
    if (path === null) {
      this.value = null;
      this.loading = false;
      return;
    }
    const running = new AbortController();
    this.#running = running;
    this.loading = true;
    try {
      const value = await get<T>(path, running.signal);
      if (running.signal.aborted) return;
      this.value = value;
      this.trouble = null;
    } catch (error) {
      if (running.signal.aborted) return;
      this.trouble = troubleOf(error);
      whenSignedOut(this.trouble);
    }
    this.loading = false;
  }

  stop(): void {
    this.#running?.abort();
  }
}

/** One document. Call while a component is set up; `kinds` are the live updates that touch it. */
export function view<T>(path: () => string | null, kinds: readonly string[]): View<T> {
  const found = new View<T>(path);
  follow(path, kinds, found);
  return found;
}

export class List<T> {
  items = $state<T[]>([]);
  next = $state<string | null>(null);
  readonly first: View<Page<T>>;
  readonly #path: () => string | null;

  constructor(path: () => string | null) {
    this.#path = path;
    this.first = new View<Page<T>>(path);
  }

  get loading(): boolean {
    return this.first.loading;
  }

  get trouble(): Trouble | null {
    return this.first.trouble;
  }

  async load(): Promise<void> {
    await this.first.load();
    // A refresh starts again at the first page: what was loaded beyond it may have moved.
    if (!this.first.value) return;
    this.items = this.first.value.items;
    this.next = this.first.value.next;
  }

  async more(): Promise<void> {
    const path = this.#path();
    if (!path || !this.next) return;
    try {
      const page = await get<Page<T>>(path + (path.includes('?') ? '&' : '?') + query('', { after: this.next }).slice(1));
      this.items = [...this.items, ...page.items];
      this.next = page.next;
    } catch (error) {
      this.first.trouble = troubleOf(error);
    }
  }

  stop(): void {
    this.first.stop();
  }
}

export function list<T>(path: () => string | null, kinds: readonly string[]): List<T> {
  const found = new List<T>(path);
  follow(path, kinds, found);
  return found;
}

function follow(path: () => string | null, kinds: readonly string[], target: { load(): Promise<void>; stop(): void }): void {
  $effect(() => {
    path();
    untrack(() => void target.load());
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unsubscribe = onChanged((changed) => {
      if (!changed.some((kind) => kind === EVERYTHING || kinds.includes(kind))) return;
      // Not put off by what comes meanwhile: under a steady stream the page would never be read.
      timer ??= setTimeout(() => {
        timer = undefined;
        void target.load();
      }, SETTLE_MS);
    });
    return () => {
      clearTimeout(timer);
      unsubscribe();
      target.stop();
    };
  });
}

export function troubleOf(error: unknown): Trouble {
  return error instanceof Refused ? { kind: 'refused', problem: error.problem } : { kind: 'silence' };
}

let signedOut: () => void = () => {};

/** What to do when the server no longer knows who is asking. */
export function onSignedOut(act: () => void): void {
  signedOut = act;
}

export function whenSignedOut(trouble: Trouble): void {
  if (trouble.kind === 'refused' && trouble.problem.status === 401) signedOut();
}
