// The screens and who sees them. The first four a person may use stand at the bottom of a phone.

import type { IconName } from '@omniroute/ui/parts/icons.ts';
import type { Role } from './api.ts';
import { may } from './roles.ts';

export interface Screen {
  path: string;
  /** Message id of its name. */
  words: string;
  icon: IconName;
  /** Shown to whoever may do one of these; to everybody when there are none. */
  commands: readonly string[];
}

const SCREENS: readonly Screen[] = [
  { path: '/', words: 'nav-today', icon: 'today', commands: [] },
  { path: '/sell', words: 'nav-sell', icon: 'sell', commands: ['sell'] },
  { path: '/receive', words: 'nav-receive', icon: 'receive', commands: ['receive-goods'] },
  { path: '/orders', words: 'nav-orders', icon: 'orders', commands: ['place-order', 'reserve-order', 'pick-line', 'dispatch-orders'] },
  { path: '/pick', words: 'nav-pick', icon: 'pick', commands: ['pick-line'] },
  { path: '/pack', words: 'nav-pack', icon: 'pack', commands: ['pack-order'] },
  { path: '/plan', words: 'nav-plan', icon: 'remote', commands: ['lock-manifests'] },
  { path: '/manifests', words: 'nav-manifests', icon: 'dispatch', commands: ['hand-out-manifest', 'report-arrival'] },
  { path: '/dispatch', words: 'nav-dispatch', icon: 'dispatch', commands: ['dispatch-orders'] },
  { path: '/deliveries', words: 'nav-deliveries', icon: 'deliveries', commands: ['record-delivery', 'take-back'] },
  { path: '/cash', words: 'nav-cash', icon: 'cash', commands: ['declare-handover', 'count-handover'] },
  { path: '/counts', words: 'nav-counts', icon: 'counts', commands: ['start-count', 'approve-count'] },
  { path: '/stock', words: 'nav-stock', icon: 'stock', commands: ['sell', 'move-stock', 'place-order'] },
  { path: '/proposals', words: 'nav-proposals', icon: 'receive', commands: ['answer-proposal'] },
  { path: '/vehicles', words: 'nav-vehicles', icon: 'deliveries', commands: ['register-vehicle'] },
  { path: '/unplaced', words: 'unplaced-title', icon: 'deliveries', commands: ['locate-order'] },
  { path: '/customers', words: 'nav-customers', icon: 'customers', commands: ['register-customer'] },
  { path: '/riders', words: 'nav-riders', icon: 'riders', commands: ['register-rider'] },
  { path: '/remote-sales', words: 'nav-remote', icon: 'remote', commands: ['hand-over-remote-sale'] },
  { path: '/deposit', words: 'nav-deposit', icon: 'deposit', commands: ['deposit-cash'] },
  { path: '/exceptions', words: 'nav-exceptions', icon: 'exceptions', commands: ['resolve-exception'] },
  { path: '/models', words: 'nav-models', icon: 'settings', commands: ['answer-proposal', 'lock-manifests', 'resolve-exception'] },
  { path: '/trial-balance', words: 'nav-balance', icon: 'balance', commands: ['resolve-exception'] },
];

export function screensOf(role: Role): Screen[] {
  return SCREENS.filter((screen) => screen.commands.length === 0 || may(role, ...screen.commands));
}

/** Whether `screen` is where `path` belongs, for the mark in the navigation. */
export function isAt(screen: Screen, path: string): boolean {
  return screen.path === '/' ? path === '/' : path === screen.path || path.startsWith(`${screen.path}/`);
}
