// Where the page is. Focus and title follow, as they would with real pages.

import { parseHash, type Place } from './routes.ts';

const current = $state<{ place: Place }>({ place: { path: '/', query: {} } });

export function startRouter(): void {
  const read = () => {
    current.place = parseHash(location.hash);
  };
  window.addEventListener('hashchange', read);
  current.place = parseHash(location.hash);
}

export function place(): Place {
  return current.place;
}

export function go(hash: string): void {
  location.hash = hash;
}

/** Changes the address without a step to go back to: for filters. */
export function refine(path: string, query: Record<string, string>): void {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '')).toString();
  const hash = `#${path}${search ? `?${search}` : ''}`;
  if (location.hash === hash) return;
  history.replaceState(null, '', hash);
  current.place = parseHash(hash);
}
