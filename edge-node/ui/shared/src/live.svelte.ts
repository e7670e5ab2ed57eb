// Live updates over server-sent events. The stream is a hint to look again, never the data itself:
// after any gap everything on screen is read anew.

type Listener = (kinds: readonly string[]) => void;

/** What a gap in the stream stands for: anything may have changed. */
export const EVERYTHING = '*';

const RETRY_MS = [1000, 2000, 5000, 10_000];
const listeners = new Set<Listener>();
const named = new Map<string, (value: unknown) => void>();
const current = $state({ connected: false, tried: false });

let source: EventSource | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let failures = 0;

export function live(): { readonly connected: boolean; readonly tried: boolean } {
  return current;
}

export function onChanged(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Hands over the data of another named event, such as `sync`. */
export function onNamed(name: string, listener: (value: unknown) => void): void {
  named.set(name, listener);
}

export function connect(): void {
  disconnect();
  source = new EventSource('/api/v1/events');
  source.onopen = () => {
    const gap = current.tried;
    failures = 0;
    current.connected = true;
    current.tried = true;
    if (gap) tell([EVERYTHING]);
  };
  source.addEventListener('changed', (event) => tell(kindsOf(event.data)));
  for (const [name, listener] of named) {
    source.addEventListener(name, (event) => {
      const value = parse((event as MessageEvent<string>).data);
      if (value !== null) listener(value);
    });
  }
  // The browser retries by itself only after a cut, not after an error answer: do both here.
  source.onerror = () => {
    current.connected = false;
    current.tried = true;
    source?.close();
    clearTimeout(timer);
    timer = setTimeout(connect, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
  };
}

export function disconnect(): void {
  clearTimeout(timer);
  source?.close();
  source = null;
  current.connected = false;
}

/** Has everything on screen read anew, for a change that the stream does not speak of. */
export function lookAgain(): void {
  tell([EVERYTHING]);
}

function tell(kinds: readonly string[]): void {
  for (const listener of [...listeners]) listener(kinds);
}

function kindsOf(text: string): string[] {
  const value = parse(text);
  const kinds = typeof value === 'object' && value !== null ? (value as { kinds?: unknown }).kinds : null;
  return Array.isArray(kinds) && kinds.length ? kinds.map(String) : [EVERYTHING];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
