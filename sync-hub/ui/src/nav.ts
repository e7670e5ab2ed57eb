// The screens of the console, with the letter that follows `g` to go there.

import type { IconName } from '@omniroute/ui/parts/icons.ts';

export interface Screen {
  path: string;
  words: string;
  icon: IconName;
  letter: string;
}

export const SCREENS: readonly Screen[] = [
  { path: '/', words: 'nav-fleet', icon: 'fleet', letter: 'f' },
  { path: '/orders', words: 'nav-orders', icon: 'orders', letter: 'o' },
  { path: '/stock', words: 'nav-stock', icon: 'stock', letter: 's' },
  { path: '/trial-balance', words: 'nav-balance', icon: 'balance', letter: 't' },
  { path: '/exceptions', words: 'nav-exceptions', icon: 'exceptions', letter: 'e' },
  { path: '/quarantine', words: 'nav-quarantine', icon: 'quarantine', letter: 'q' },
  { path: '/rights', words: 'nav-rights', icon: 'rights', letter: 'r' },
  { path: '/models', words: 'nav-models', icon: 'balance', letter: 'm' },
  { path: '/invite', words: 'nav-invite', icon: 'invite', letter: 'i' },
];

export function isAt(screen: Screen, path: string): boolean {
  return screen.path === '/' ? path === '/' : path === screen.path || path.startsWith(`${screen.path}/`);
}
