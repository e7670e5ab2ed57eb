// The console by keyboard: `/` to search, `?` for help, `g` and a letter to go somewhere.

export interface Keys {
  search: () => void;
  help: () => void;
  go: (letter: string) => void;
}

const GO_MS = 1200;

/** Single keys do nothing while somebody types. */
export function followKeys(keys: Keys): () => void {
  let asked_ms = -Infinity;
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (event.key === '/') {
      event.preventDefault();
      keys.search();
    } else if (event.key === '?') {
      event.preventDefault();
      keys.help();
    } else if (event.key === 'g') {
      asked_ms = event.timeStamp;
    } else if (event.timeStamp - asked_ms < GO_MS) {
      asked_ms = -Infinity;
      keys.go(event.key);
    }
  };
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
