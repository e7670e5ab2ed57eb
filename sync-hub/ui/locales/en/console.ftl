### Words of the hub's console.

console = Console
sign-in = Sign in
user-name = User name
password = Password
settings-of = Settings of { $name }
nav-label = Screens
nav-fleet = Fleet
nav-orders = Orders
nav-stock = Stock by depot
nav-balance = Trial balance
nav-exceptions = Exceptions
nav-quarantine = Quarantine
nav-rights = Rights
nav-invite = Invite a depot
not-found = Nothing here
not-found-why = This page does not exist.
live = Live
live-not = Reconnecting …
help-title = Keys
help-search = Search
help-help = This help

## Fleet

fleet-none = No depot yet. Invite the first one.
node-fine = Up to date
node-sending = Sending
node-silent = Silent
node-invited = Invited
node-invited-until = The invitation holds until { $time }
node-never = Not seen yet
node-clock = Clock not trusted
node-quarantined = Has quarantined entries
node-disagrees = Records differ
node-fenced = Fenced
node-revoked = Revoked
digest-agree = { $hub } and { $site } agree, { $time }
digest-differ = { $hub } and { $site } do not agree: call support
digest-unknown = Not compared yet
node-exceptions = Open exceptions
last-seen = Last seen
lag = Behind by
unsent = Unsent
quarantined = In quarantine
version = Version
epoch = Epoch · entries
clock = Clock
clock-trusted = Trusted
clock-not = Not trusted
never = Never
ago = { $age } ago
revoke = Revoke
revoke-of = Revoke { $site }
revoke-how = For a stolen or lost box. It cannot be undone.
revoke-action = Revoke { $site } for good
revoke-done = { $site } is revoked
admit-how = Two histories of this depot were sent. If it is one box that was restored from a copy, let the second history in under a new epoch. If there are two boxes, switch one off first.
admit-action = Let the history of { $site } in
admit-done = { $site } may send its history; it comes in at the next contact

## Orders, stock, balance

order = Order
order-title = Order { $number }
order-lines = Lines
order-money = Money
order-whom = Customer and delivery
order-from-site = Goods from { $site }, sold under a right
orders-search = Search by number or reference
orders-none = No order matches.
customer-walk-in = Walk-in customer
lines-count = { $count ->
    [one] 1 line
   *[other] { $count } lines
}
line-short = Short: { $reason }
line-refunded = { $count } refunded
net = Without tax
tax = Tax
total = Total
paid = Paid
refunded = Refunded
delivery-fee = Delivery fee
deliveries = Deliveries
attempt = attempt { $count }
collected = { $collected } of { $due } collected
credit-notes = Credit notes: { $notes }
task-allocated = On the way
task-delivered = Delivered
task-failed = Failed
task-returned = Came back
history = History
site = Depot
status = Status
show = Show
reason = Reason
stock-search = Search by name or code
stock-none = No article matches.
stock-caption = Stock of { $name }
on-hand = On hand
reserved = Reserved
lent = Promised
in-transit = In transit
balance-none = Nothing is booked yet.

## Exceptions, quarantine, rights

exceptions-open = Open
exceptions-resolved = Resolved
exceptions-none = Nothing needs a decision.
exceptions-none-resolved = None resolved yet.
exception-resolve = Resolve
exception-resolve-of = Resolve: { $subject }
exception-resolve-action = Save the decision
exception-note = What was done
exception-done = { $subject } is resolved
resolution = Decision
quarantine-how = Entries the hub could not take. They are kept, and do not hold up the ones behind them.
quarantine-none = Nothing is in quarantine.
quarantine-entry = Epoch { $epoch }, entry { $seq }, { $bytes } bytes
rights-how = What one depot may sell of another depot’s stock, even with no link.
rights-none = No rights.
right-way = { $home } → { $holder }
right-numbers = { $granted } promised · { $spent } sold · { $returned } given back
right-left = { $count } left

## Invite

invite-how = Makes a token for a new depot box. It works once, and for a short time.
invite-site = Code of the depot
invite-site-hint = For example NBO-3
invite-action = Make a token
invite-token = Token
invite-token-of = Token for { $site }
invite-once = It is shown only now. It is good until { $time }.
invite-forget = Done
copy-failed = Could not copy: mark the text and copy it by hand
