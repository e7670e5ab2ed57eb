// What the hub's console API says, as types. The hub decides; these only name its fields.

export interface Session {
  name: string;
  expires_ms: number;
}

export interface Node {
  node: string;
  site: string;
  entity: string;
  status: 'invited' | 'active' | 'fenced' | 'revoked';
  last_seen_ms: number | null;
  lag_ms: number | null;
  unsent: number | null;
  version: string | null;
  epoch: number | null;
  head_seq: number | null;
  quarantined: number;
  exceptions_open: number;
  clock_trusted: boolean | null;
  digest_agrees: boolean | null;
  agreed_ms: number | null;
  /** Until when the invitation holds, while there is no box yet. */
  expires_ms: number | null;
}

export interface Fleet {
  region: string;
  items: Node[];
}

export interface Order {
  order: string;
  number: string;
  node: string;
  site: string;
  currency: string;
  channel: string;
  status: string;
  customer_name: string | null;
  lines_count: number;
  total_minor: number;
  placed_ms: number;
  reference: string | null;
}

export interface OrderDetail extends Omit<Order, 'lines_count'> {
  customer_phone: string | null;
  address: string | null;
  terms: string;
  lines: {
    line: number;
    article: string;
    name: string;
    quantity: number;
    unit_price_minor: number;
    picked: number;
    short_reason: string | null;
    refunded: number;
    net_minor: number;
  }[];
  net_minor: number;
  tax_minor: number;
  delivery_fee_minor: number;
  paid_minor: number;
  refunded_minor: number;
  credit_notes: string[];
  tasks: { task: string; rider_name: string | null; attempt: number; status: string; cash_due_minor: number; collected_minor: number }[];
  note: string | null;
  right_from_site: string | null;
  history: { what: string; at_ms: number; staff: string | null }[];
}

export interface Stock {
  article: string;
  name: string;
  /** A site whose box was replaced has one entry for each. */
  sites: { site: string; node: string; on_hand: number; reserved: number; lent: number; in_transit: number }[];
}

export interface Balance {
  currency: string;
  accounts: { account: string; site: string; debit_minor: number; credit_minor: number }[];
  debit_minor: number;
  credit_minor: number;
  difference_minor: number;
}

export interface Exception {
  exception: string;
  node: string;
  site: string;
  kind: string;
  subject: string;
  detail: string;
  raised_ms: number;
  status: 'open' | 'resolved';
  resolution: string | null;
  note: string | null;
  /** The hub's user who resolved it; none when its depot did. */
  resolved_by: string | null;
}

export interface Quarantined {
  id: string;
  site: string | null;
  node: string;
  epoch: number;
  seq: number;
  reason: string;
  detail: string;
  bytes: number;
  received_ms: number;
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
}
