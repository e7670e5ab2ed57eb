// Every page by its address. `free` ones are for everybody who is signed in.

import type { Component } from 'svelte';
import ArticleDetail from './ArticleDetail.svelte';
import Cash from './Cash.svelte';
import Count from './Count.svelte';
import Counts from './Counts.svelte';
import CustomerDetail from './CustomerDetail.svelte';
import Customers from './Customers.svelte';
import Deliveries from './Deliveries.svelte';
import Delivery from './Delivery.svelte';
import Deposit from './Deposit.svelte';
import Dispatch from './Dispatch.svelte';
import Exceptions from './Exceptions.svelte';
import Handover from './Handover.svelte';
import ManifestPage from './ManifestPage.svelte';
import Manifests from './Manifests.svelte';
import Models from './Models.svelte';
import More from './More.svelte';
import OrderDetail from './OrderDetail.svelte';
import OrderNew from './OrderNew.svelte';
import Orders from './Orders.svelte';
import Pack from './Pack.svelte';
import PackOrder from './PackOrder.svelte';
import Pick from './Pick.svelte';
import PickOrder from './PickOrder.svelte';
import Plan from './Plan.svelte';
import Proposals from './Proposals.svelte';
import Receive from './Receive.svelte';
import RemoteSales from './RemoteSales.svelte';
import Riders from './Riders.svelte';
import Sell from './Sell.svelte';
import Stock from './Stock.svelte';
import Today from './Today.svelte';
import TrialBalance from './TrialBalance.svelte';
import Unplaced from './Unplaced.svelte';
import Vehicles from './Vehicles.svelte';

// The values of an address go to the page as its properties, which TypeScript cannot follow.
type Page = Component<any>;

export const PAGES: readonly (readonly [pattern: string, page: Page, free: boolean])[] = [
  ['/', Today, true],
  ['/more', More, true],
  ['/pair', Today, true],
  ['/sell', Sell, false],
  ['/receive', Receive, false],
  ['/orders', Orders, false],
  ['/orders/new', OrderNew, false],
  ['/orders/:order', OrderDetail, true],
  ['/pick', Pick, false],
  ['/pick/:order', PickOrder, false],
  ['/pack', Pack, false],
  ['/pack/:order', PackOrder, false],
  ['/plan', Plan, false],
  ['/manifests', Manifests, false],
  ['/manifests/:manifest', ManifestPage, false],
  ['/vehicles', Vehicles, false],
  ['/unplaced', Unplaced, false],
  ['/proposals', Proposals, false],
  ['/dispatch', Dispatch, false],
  ['/deliveries', Deliveries, false],
  ['/deliveries/:order/:task', Delivery, false],
  ['/riders', Riders, false],
  ['/cash', Cash, false],
  ['/cash/:handover', Handover, false],
  ['/deposit', Deposit, false],
  ['/counts', Counts, false],
  ['/counts/:count', Count, false],
  ['/stock', Stock, false],
  ['/stock/:code', ArticleDetail, false],
  ['/remote-sales', RemoteSales, false],
  ['/customers', Customers, false],
  ['/customers/:customer', CustomerDetail, false],
  ['/exceptions', Exceptions, false],
  ['/models', Models, false],
  ['/trial-balance', TrialBalance, false],
];
