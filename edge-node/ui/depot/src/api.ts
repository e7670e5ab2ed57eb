// What the edge node's HTTP API says, as types. The edge decides; these only name its fields.

import type { By } from './advice.ts';

export type Role = 'manager' | 'clerk' | 'cashier' | 'picker' | 'dispatcher' | 'rider';
export type Travelled = 'here' | 'hub';

export interface StaffMember {
  staff: string;
  name: string;
  role: Role;
}

export interface Site {
  site: string;
  region: string;
  entity: string;
  currency: string;
  currency_digits: number;
  vat_label: string;
  version: string;
  device_paired: boolean;
  staff?: StaffMember[];
  now_ms: number;
}

export interface Session extends StaffMember {
  expires_ms: number;
}

export interface Article {
  code: string;
  name: string;
  barcode: string | null;
  tax_class: 'standard' | 'zero_rated' | 'exempt';
  price_minor: number | null;
  on_hand: number;
  reserved: number;
  lent: number;
  available: number;
  blocked: boolean;
  travelled: Travelled;
}

export interface BinStock {
  bin: string;
  quantity: number;
}

export interface Right {
  right: string;
  article: string;
  name: string;
  home_site: string;
  holder_site: string;
  granted: number;
  spent: number;
  returned: number;
  left: number;
  travelled: Travelled;
}

export interface ArticleDetail extends Article {
  bins: BinStock[];
  rights: Omit<Right, 'article' | 'name' | 'travelled'>[];
}

export type OrderStatus =
  | 'placed' | 'reserved' | 'picking' | 'picked' | 'packed' | 'dispatched'
  | 'delivered' | 'failed' | 'returned' | 'closed' | 'cancelled';

export interface Order {
  order: string;
  number: string;
  channel: 'counter' | 'phone' | 'import';
  status: OrderStatus;
  customer: string | null;
  customer_name: string | null;
  lines_count: number;
  total_minor: number;
  placed_ms: number;
  reference: string | null;
  travelled: Travelled;
}

export interface OrderLine {
  line: number;
  article: string;
  name: string;
  quantity: number;
  unit_price_minor: number;
  tax_class: string;
  picked: number;
  short_reason: string | null;
  refunded: number;
  net_minor: number;
  bins: BinStock[];
}

export interface Task {
  task: string;
  order: string;
  number: string;
  rider: string;
  rider_name: string;
  attempt: number;
  status: 'allocated' | 'delivered' | 'failed' | 'returned';
  cash_due_minor: number;
  customer_name: string | null;
  address: string | null;
  travelled: Travelled;
}

export interface OrderDetail extends Omit<Order, 'lines_count'> {
  customer_phone: string | null;
  address: string | null;
  terms: 'cash_on_delivery' | 'prepaid_cash';
  lines: OrderLine[];
  net_minor: number;
  tax_minor: number;
  delivery_fee_minor: number;
  paid_minor: number;
  refunded_minor: number;
  tasks: Task[];
  note: string | null;
  right_from_site: string | null;
  history: { what: string; at_ms: number; staff: string | null }[];
  arrival: { expected_ms: number; late_ms: number; by: By } | null;
}

export interface Rider {
  rider: string;
  staff: string | null;
  name: string;
  phone: string | null;
  custody_minor: number;
  receivable_minor: number;
  payable_minor: number;
  cash_ceiling_minor: number;
  open_tasks: number;
  travelled: Travelled;
}

export interface Customer {
  customer: string;
  name: string;
  phone: string;
  address: string | null;
  note: string | null;
  travelled: Travelled;
}

export interface ReceiptLine {
  article: string;
  name?: string;
  quantity: number;
  bin: string;
  damaged?: number;
  expected?: number | null;
}

export interface Receipt {
  receipt: string;
  reference: string;
  received_ms: number;
  staff_name: string | null;
  lines: ReceiptLine[];
  status: string;
  travelled: Travelled;
}

export interface Count {
  count: string;
  bin: string;
  article: string;
  name: string;
  status: 'counting' | 'counted' | 'approved';
  counted: number | null;
  variance: number | null;
  started_ms: number;
  staff_name: string | null;
  travelled: Travelled;
}

export interface Handover {
  handover: string;
  rider: string;
  rider_name: string;
  declared_minor: number | null;
  counted_minor: number | null;
  shortage_minor: number | null;
  status: 'declared' | 'counted' | 'closed' | 'disputed';
  declared_by: string;
  counted_by: string | null;
  travelled: Travelled;
}

export interface RemoteSale {
  order: string;
  seller_site: string;
  right: string;
  article: string;
  name: string;
  quantity: number;
  status: 'open' | 'handed_over';
  travelled: Travelled;
}

export interface Exception {
  exception: string;
  kind: string;
  subject: string;
  detail: string;
  raised_ms: number;
  status: 'open' | 'resolved';
  resolution: string | null;
  note: string | null;
  travelled: Travelled;
}

export interface TrialBalance {
  currency: string;
  accounts: { account: string; debit_minor: number; credit_minor: number }[];
  debit_minor: number;
  credit_minor: number;
  difference_minor: number;
}

export interface Day {
  orders_by_status: Partial<Record<OrderStatus, number>>;
  sales_minor: number;
  cash_till_minor: number;
  cash_safe_minor: number;
  cash_with_riders_minor: number;
  exceptions_open: number;
  unsent: number;
}

export interface Sync {
  state: 'never' | 'sent' | 'waiting' | 'blocked';
  unsent: number;
  oldest_unsent_ms: number | null;
  last_contact_ms: number | null;
  hub: string | null;
  quarantined: number;
  epoch: number;
  head_seq: number;
  hub_seq: number | null;
  clock_trusted: boolean;
  certificate_until_ms: number | null;
  /** Renewed by itself at the next contact with the hub. */
  certificate_expired: boolean;
  /** The hub's word for why it has nothing to do with this box. */
  refused: string | null;
  /** Of the list of boxes that the region shut out; 0 is none. */
  denylist_version: number;
}
