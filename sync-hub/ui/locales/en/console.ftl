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
hours-last = The last three days
hours-lag = Behind by
hours-unsent = Unsent
hours-quarantined = Set aside
hours-link = Over the link
hours-kb = { $kb } kB
hours-most = { $most } at most
hours-none = Nothing noted yet; the first hour is under way.
hours-hour = Hour from
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

## Models

nav-models = Models
models-how = What depots compute on their own box. A new version is tried in the shadow first; two persons publish it.
models-none = No models yet. Import a bundle with sync-hub models import.
models-open = { $count } to decide
model-champion = Whole region: version { $version }
model-no-champion = No version for the whole region
model-challenger = On trial: { $version }
model-versions = Versions
model-version = Version { $version }
model-version-column = Version
model-trained = learned from { $from } to { $until }
model-expires = expires { $on }
model-active-at = in use at { $sites }
model-shadow-at = on trial at { $sites }
model-development-key = Signed by the development key
model-by = imported by { $who }
model-scores = Scores against the baseline
model-slice = Slice
model-metric = Measure
model-score = Model
model-baseline = Baseline
model-data = Data:
model-depots = At the depots
model-no-depots = No depot has reported on this model yet.
model-in-use = Answers
model-formula = the plain formula
model-tried = On trial
model-active-error = Error of the day
model-shadow-error = Error on trial
model-compared-none = nothing to compare yet
model-compared-less = { $percent } % less than the formula ({ $pairs ->
    [one] one case
   *[other] { $pairs } cases
})
model-compared-more = { $percent } % more than the formula ({ $pairs ->
    [one] one case
   *[other] { $pairs } cases
})
model-compared-same = the same as the formula ({ $pairs ->
    [one] one case
   *[other] { $pairs } cases
})
model-reported = as reported { $when }
model-answers = Answered today
model-answered = { $model } by the model, { $baseline } by the formula
model-drift = Drift
drift-too-few = Too few cases yet
drift-same = None seen
model-state-downloading = Downloading
model-state-downloaded = Downloaded
model-state-verified = Verified
model-state-shadow = On trial
model-state-active = In use
model-state-paused = Paused
model-state-expired = Expired
model-state-refused = Refused
model-state-rolled-back = Rolled back
plot-error = Error of the version in use
plot-error-how = its error for one of the formula’s; above 1 the formula would do better
plot-error-limit = as good as the formula
plot-shadow = Error in the shadow
plot-shadow-how = the error of the version on trial for one of the formula’s, on the same cases
plot-drift = Drift
plot-drift-how = how far the day’s cases are from those it learned from: the feature that moved most (population stability index)
plot-drift-limit = too far
plot-none = Nothing reported yet
plot-of = { $title }: { $sites }
plot-table = As a table
plot-day = Day
plot-value = Value
model-order = Publish or take back
model-order-two = Somebody else must approve before anything goes out.
model-order-alone = This goes out at once, on your word alone.
model-order-now = Order it now
model-propose = Propose
model-proposed = Proposed. Somebody else must approve it.
model-ordered = The order goes out
model-step = What to do
model-step-shadow = Try in the shadow
model-step-activate = Put into use
model-step-resume = Go on with it
model-step-pause = Pause
model-step-rollback = Roll back to it
model-ring = Ring
model-ring-all = The whole region
model-why = Why
model-proposals = Proposals and orders
model-proposal-open = To decide
model-proposal-approved = Approved
model-proposal-rejected = Rejected
model-proposal-ordered = Ordered
model-own-proposal = You proposed this: somebody else must approve it.
model-approve = Approve
model-approved = Approved: the order goes out
model-reject = Reject
model-rejected = Rejected
model-rings = Rings of depots
model-ring-sites = Depots
model-ring-sites-hint = Codes with spaces between; none takes the ring away
model-ring-save = Save the ring
model-ring-saved = { $ring } is saved
model-unknown = There is no model { $model }.
model-limits = What it cannot do
model-approve-of = Approve: { $step }, version { $version }
model-reject-open = Reject it instead
model-reject-of = Reject: { $step }, version { $version }
model-withdraw-open = Take it back
model-withdraw = Take the proposal back
model-decided-approved = approved by { $who }
model-decided-rejected = rejected by { $who }
metric-rmse-s = Typical error, seconds (RMSE)
metric-mae-of-median-s = Mean error of the median, seconds
metric-coverage-q90 = Came before the nine-in-ten bound
metric-mase = Error against a naive forecast (MASE)
metric-bias = Bias
metric-wape = Error over all units (WAPE)
metric-stock-at-90-units = Units held for 90 % service
