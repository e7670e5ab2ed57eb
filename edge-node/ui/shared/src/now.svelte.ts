// The time, ticking, so that ages on screen grow without anybody asking.

const TICK_MS = 10_000;
const current = $state({ ms: Date.now() });

export function startClock(): void {
  setInterval(() => (current.ms = Date.now()), TICK_MS);
  document.addEventListener('visibilitychange', () => (current.ms = Date.now()));
}

export function now(): number {
  return current.ms;
}
