// Every page by its address.

import type { Component } from 'svelte';
import Exceptions from './Exceptions.svelte';
import Fleet from './Fleet.svelte';
import Invite from './Invite.svelte';
import ModelPage from './ModelPage.svelte';
import Models from './Models.svelte';
import OrderDetail from './OrderDetail.svelte';
import Orders from './Orders.svelte';
import Quarantine from './Quarantine.svelte';
import Rights from './Rights.svelte';
import Settings from './Settings.svelte';
import Stock from './Stock.svelte';
import TrialBalance from './TrialBalance.svelte';

// The values of an address go to the page as its properties, which TypeScript cannot follow.
type Page = Component<any>;

export const PAGES: readonly (readonly [pattern: string, page: Page])[] = [
  ['/', Fleet],
  ['/orders', Orders],
  ['/orders/:node/:order', OrderDetail],
  ['/stock', Stock],
  ['/trial-balance', TrialBalance],
  ['/exceptions', Exceptions],
  ['/quarantine', Quarantine],
  ['/rights', Rights],
  ['/models', Models],
  ['/models/:model', ModelPage],
  ['/invite', Invite],
  ['/settings', Settings],
];
