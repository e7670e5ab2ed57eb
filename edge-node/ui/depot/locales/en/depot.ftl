### Words of the staff app.

## Getting in

version = Version { $version }
pair-title = Pair this device with { $site }
pair-how = A manager makes a code on the depot’s box. It works once, and for a short time.
pair-action = Pair this device
pair-code = Pairing code
pair-code-hint = As shown on the manager’s screen
pair-name = Name of this device
pair-name-hint = For example: counter 1, picker tablet 3
pair-name-default = Unnamed device
sign-in-title = Who are you?
sign-in-pin-title = { $name }, your PIN
sign-in-pin = PIN
sign-in-action = Sign in
sign-in-keys = Digits
sign-in-erase = Erase one digit
sign-in-clear = Clear
sign-in-other = Somebody else
sign-in-nobody = No staff yet. The manager adds people on the depot’s box.
who-am-i = Signed in: { $name }, { $role }

role-manager = Manager
role-clerk = Clerk
role-cashier = Cashier
role-picker = Picker
role-dispatcher = Dispatcher
role-rider = Rider

## The way around

nav-label = Screens
nav-more = More
nav-today = Today
nav-sell = Sell
nav-receive = Receive
nav-orders = Orders
nav-pick = Pick
nav-pack = Pack
nav-dispatch = Dispatch
nav-deliveries = Deliveries
nav-riders = Riders
nav-cash = Rider cash
nav-deposit = Deposit
nav-counts = Count
nav-stock = Stock
nav-remote = Sold elsewhere
nav-customers = Customers
nav-exceptions = Exceptions
nav-balance = Trial balance
not-found = Nothing here
not-found-why = This page does not exist, or is not for your role.

## The sync chip: what, and then what happens next

chip-label = Sending to the hub
chip-unknown = Looking …
chip-unknown-next = { "" }
chip-box-silent = The depot’s box does not answer
chip-box-silent-next = check the Wi-Fi
chip-blocked = { $count } cannot be sent
chip-blocked-next = call the manager
chip-quarantined = { $count } held back by the hub
chip-quarantined-next = call the manager
chip-never = No contact with the hub yet
chip-never-next = will send when the link is up
chip-never-waiting = { $count } waiting since { $time }
chip-never-waiting-next = no contact with the hub yet
chip-waiting = { $count } waiting since { $time }
chip-waiting-next = will send when the link is back
chip-waiting-long = { $count } waiting for { $age }
chip-waiting-long-next = check the link to the hub
chip-sent = All sent · { $age }
chip-sent-next = { "" }
chip-sent-long = All sent, but silent for { $age }
chip-sent-long-next = check the link to the hub
chip-revoked = Shut out by the region · { $count } stay here
chip-revoked-next = call the region’s desk
chip-expired = Certificate expired · { $count } waiting
chip-expired-next = renewed by itself when the link is back
shut-out = Boxes that were shut out
shut-out-how = List { $version } is held here. Carry it to a depot that has no link: save it on your phone, hand it in there.
shut-out-none = No list is held here. Hand in one that was saved at another depot of the region.
shut-out-save = Save the list
shut-out-take = Hand in a list
shut-out-taken = List { $version } counts from now on
shut-out-known = Nothing new: list { $version } is held
shut-out-refused = That is no list of this region. Save it again at another depot.
shut-out-not-saved = The list could not be saved. Try again.
chip-clock = Clock not trusted: call the manager

## Words used on many pages

name = Name
phone = Phone
address = Address
note = Note
reason = Reason
amount = Amount
quantity = Quantity
quantity-of = Quantity of { $name }
article = Article
article-code = Code
barcode = Bar code
bin = Bin
bins = Bins
bins-none = In no bin
price = Price
tax = Tax
net = Without tax
total = Total
of-which-tax = Of which { $label }
paid = Paid
refunded = Refunded
status = Status
show = Show
choose = Choose …
rider = Rider
customer = Customer
customer-walk-in = Walk-in customer
available = Available
available-count = { $count } free
on-hand = On hand
on-hand-count = { $count } on hand
reserved = Reserved
lent = Promised to other depots
history = History
attempt = attempt { $count }
cash-due = Cash due
call = Call { $phone }
line-of = Line { $line }: { $name }
lines-count = { $count ->
    [one] 1 line
   *[other] { $count } lines
}
remove-line = Remove { $name }
article-none = No article matches “{ $text }”.
article-blocked = Blocked
article-no-price = No price
articles-none = No article matches.
scan-not-now = Scanned too early: { $code }. Scan again.
scan-unknown = Unknown: { $code }. Search by name, or ask the manager.

## Today

today-work = What waits
today-cash = Cash and sales
today-sales = Sales, without tax
today-till = In the till
today-safe = In the safe
today-riders = With riders
today-look = To look at
today-exceptions = { $count ->
    [one] 1 exception needs a decision
   *[other] { $count } exceptions need a decision
}
today-exceptions-open = Open exceptions
today-unsent = Not yet at the hub

## Sell

sell-action = Take payment
sell-scan = Scan an article, or type its name or code
sell-basket = Basket
sell-empty = Nothing in the basket yet.
sell-customer = Customer (optional)
sell-pay = Payment
sell-tendered = Cash received
sell-likely = Likely amounts
sell-change = Change
sell-missing = Still missing
sell-from = Sell from
sell-from-here = { $site }, here ({ $count } free)
sell-from-right = { $site }, under our right ({ $count } left)
sell-only = Only { $count } at { $site }
sell-done = Sold: { $number }
sell-next = Next sale

## Receive

receive-action = Receive goods
receive-scan = Scan an article; then its bin
receive-reference = Delivery paper number
receive-reference-hint = As printed on the supplier’s paper
receive-cost = Unit cost
receive-damaged = Damaged
receive-expected = Expected
receive-pack = Pack (optional)
receive-as-expected = As expected
receive-short = { $count } short
receive-over = { $count } over
receive-done = { $count ->
    [one] Received { $reference }: 1 line
   *[other] Received { $reference }: { $count } lines
}
receipts = Latest receipts
receipts-none = Nothing received yet.

## Orders

order = Order
order-title = Order { $number }
order-new = New order
order-place = Place order
order-placed = Order { $number } is placed
order-open = Open the order
order-lines = Lines
order-terms = Payment
order-money = Money
order-whom = Customer and delivery
order-from-site = Goods from { $site }, sold under our right
order-reserve = Reserve stock
order-reserved = { $number }: stock reserved
order-pick = Pick
order-pack = Pack
order-cancel = Cancel the order
order-cancel-action = Cancel this order
order-cancelled = { $number } is cancelled
orders-search = Search by number or reference
orders-none = No order matches.
delivery-fee = Delivery fee
line-short = Short: { $reason }
line-refunded = { $count } refunded
line-picked = { $picked } of { $quantity } picked
note-text = Note for the delivery
note-save = Save the note
note-saved = Note saved
note-none = No note
refund = Refund
refund-action = Pay back
refund-left = up to { $count }
refund-quantity = Quantity to refund
refund-bin = Back to bin
refund-bin-hint = Leave empty when the goods do not come back
refund-done = Paid back { $amount }. Credit note { $note }

history-placed = Placed
history-reserved = Reserved
history-pick_started = Picking begun
history-picking = Picking
history-picked = Picked
history-packed = Packed
history-dispatched = Handed to the rider
history-delivered = Delivered
history-failed = Delivery failed
history-returned = Came back
history-refunded = Refunded
history-cancelled = Cancelled
history-closed = Closed
history-sold = Sold

## Pick and pack

pick-begun = Begun
pick-waiting = Waiting
pick-none = Nothing to pick.
pick-title = Pick { $number }
pick-progress = { $done } of { $total } lines
pick-then = Then
pick-scan-bin = Scan or type the bin
pick-scan-article = Scan or type the article
pick-type-hint = The scanner works anywhere on this page
pick-confirm = Confirm
pick-action = Picked
pick-no-bin = in no known bin
pick-also-in = Also in { $bins }
pick-already = ({ $count } already picked)
pick-wrong-bin = Wrong bin: this is { $scanned }, go to { $wanted }
pick-wrong-article = Wrong article: this is { $scanned }, take { $wanted }
pick-undo = Undo last scan
pick-short = Not enough
pick-short-action = End the line short
pick-short-reason = Why it is short
pick-line-done = { $count ->
    [one] Picked. 1 line left
   *[other] Picked. { $count } lines left
}
pick-done = All lines are picked
pick-another = Another order
pick-not-now = This order cannot be picked now: { $status }
pack-waiting = Orders to pack
pack-none = Nothing to pack.
pack-title = Pack { $number }
pack-parcels = Parcels
pack-action = Packed
pack-done = { $number } is packed: { $total }
pack-not-now = This order cannot be packed now: { $status }

## Riders and deliveries

dispatch-orders = Packed orders
dispatch-none = No packed order waits.
dispatch-no-rider = Choose a rider.
dispatch-no-orders = Choose at least one order.
dispatch-action = { $count ->
    [0] Hand over orders
    [one] Hand over 1 order
   *[other] Hand over { $count } orders
}
dispatch-done = { $count ->
    [one] { $name } has 1 order, { $cash } to collect
   *[other] { $name } has { $count } orders, { $cash } to collect
}
dispatch-within = Up to { $due } to collect. { $name } may still carry { $room }.
dispatch-over = Up to { $due } to collect, but { $name } may only carry { $room } more. Take cash from the rider first, or choose fewer orders.
riders-none = No rider registered.
rider-new = New rider
rider-register = Register rider
rider-registered = { $name } is registered
rider-staff = Signs in as
rider-staff-none = Does not sign in
rider-ceiling = Cash ceiling
rider-ceiling-hint = Most cash this rider may carry or be due to collect
rider-custody = Cash carried
rider-owes = Owes
rider-earned = Earned
rider-holds = carries { $cash } of { $ceiling }
rider-tasks = { $count ->
    [one] 1 open delivery
   *[other] { $count } open deliveries
}
tasks-none = No delivery here.
task-allocated = On the way
task-delivered = Delivered
task-failed = Failed
task-returned = Came back
delivery-title = Delivery of { $number }
delivery-record = Record delivery
delivery-cash = Cash collected
delivery-done = { $number } is delivered
delivery-fail = Could not deliver
delivery-fail-action = Record failed delivery
delivery-failed-done = { $number }: delivery failed. Bring the goods back.
proof = Proof
proof-name = Who took it
proof-otp = Customer’s code
proof-name-value = Name of who took it
proof-otp-value = Code from the customer
failure-absent = Nobody there
failure-refused = Refused
failure-address_unknown = Address unknown
failure-damaged = Goods damaged
failure-unsafe = Not safe
take-back = Take back the goods
take-back-action = Take back
take-back-bin = Bin for sound goods
take-back-damaged = Damaged of { $count } × { $name }
take-back-done = The goods of { $number } are back

## Cash

handover-how = Say what you carry. A second person counts without seeing it; then you sign.
handover-declare = Hand over a rider’s cash
handover-declare-action = Declare cash
handover-amount = Cash handed over
handover-declared = Declared. A second person counts now.
handovers = Hand-overs
handovers-none = No hand-over yet.
handover-title = Cash of { $name }
handover-declared-amount = Declared
handover-counted-amount = Counted
handover-hidden = Hidden until both have signed
handover-shortage = Missing
handover-surplus = Too much
handover-count = Count the cash
handover-count-how = Count what is on the table. You do not see what was declared.
handover-count-action = Save the count
handover-counted-done = Counted. The first person signs now.
handover-cosign = Sign for the count
handover-cosign-how = The second person counted { $amount }.
handover-cosign-action = Sign
handover-accept = { $amount } is missing. Does the rider accept to owe it?
handover-accept-yes = Accepts
handover-accept-no = Disputes
handover-closed-done = Hand-over signed
handover-wait-count = Another person must count the cash now.
handover-wait-cosign = The person who declared must sign now.
handover-state-declared = Waits for the count
handover-state-counted = Waits for the signature
handover-state-closed = Closed
handover-state-disputed = Disputed
deposit-action = Deposit cash
deposit-slip = Deposit slip number
deposit-done = Deposit { $slip } is recorded

## Counting

count-start = Count a bin
count-start-action = Start counting
count-scan = Scan the bin, then the article
counts = Counts
counts-none = No count yet.
count-state-counting = Being counted
count-state-counted = Waits for approval
count-state-approved = Approved
count-counted = { $count } counted
count-title = Count bin { $bin }
count-blind = Count what lies there. What the books say is not shown.
count-quantity = Quantity counted
count-record = Save the count
count-recorded = Count saved
count-variance = Difference to the books
count-approve = Approve the count
count-approved-done = Approved. Difference: { $variance }
count-wait = Another person must approve this count.

## Stock and rights

stock-search = Search by name, code or bar code
stock-search-hint = Or scan
move = Move to another bin
move-action = Move
move-from = From bin
move-to = To bin
move-done = Moved to { $bin }
grant = Promise to another depot
grant-how = The other depot may then sell it, even with no link. { $count } can be promised.
grant-action = Promise
grant-to = To depot
grant-to-hint = For example NBO-2
grant-done = Promised to { $site }
rights = Rights
rights-none = No rights on this article.
right-held = We may sell stock of { $site }
right-given = Promised to { $site }
right-numbers = { $granted } promised · { $spent } sold · { $returned } given back
right-left = { $count } left
return-of = Give back { $count } to { $site }
return-action = Give back
return-done = Given back
block = Block the article
block-action = Block
block-done = Blocked: it cannot be sold here
unblock = Unblock the article
unblock-action = Unblock
unblock-done = Unblocked: it can be sold again
remote-how = Another depot sold these goods under our right. The customer collects them here.
remote-none = Nothing to hand over.
remote-sold-at = sold at { $site }
remote-action = Hand over
remote-bin = Taken from bin
remote-handed-over = Handed over
remote-done = { $name } is handed over

## Customers

customer-new = New customer
customer-register = Register customer
customer-registered = { $name } is registered
customer-edit = Edit customer
customer-saved = Saved
customer-unchanged = Nothing was changed.
customer-remove = Remove { $name } from this
customer-search-hint = Type a name or a phone number
customer-orders = Orders of this customer
customers-search = Search by name or phone
customers-none = No customer matches.

## Exceptions

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

## Planning the rounds

nav-plan = Plan rounds
nav-manifests = Rounds
nav-vehicles = Vehicles
no-answer = The box does not answer. Nothing was changed; try again.
plan-ready = What is ready
plan-orders = { $count ->
    [one] { $count } order to plan
   *[other] { $count } orders to plan
}
plan-vehicles = { $count ->
    [one] { $count } vehicle ready
   *[other] { $count } vehicles ready
}
plan-roads = Times by road
plan-estimate = Times are estimates: no road map installed
plan-unplaced = { $count ->
    [one] { $count } order without a place
   *[other] { $count } orders without a place
}
plan-unmeasured = { $count ->
    [one] { $count } order without weights
   *[other] { $count } orders without weights
}
plan-time = Time to think
plan-seconds = { $count } seconds
plan-start = { $count ->
    [one] Plan { $count } order
   *[other] Plan { $count } orders
}
plan-again = { $count ->
    [one] Plan again: { $count } order
   *[other] Plan again: { $count } orders
}
plan-running = Planning
plan-so-far = { $assigned } orders on a round, { $unassigned } not yet
plan-stop = Enough: take the best so far
plan-summary = { $routes ->
    [one] One round
   *[other] { $routes } rounds
}, { $stops ->
    [one] one stop
   *[other] { $stops } stops
}, { $km } km
plan-map = Map of the rounds
plan-timeline = Who is where when
plan-times-of = { $name }, { $from } to { $until }
plan-bar-wait = { $number }: waits until { $time }
plan-bar-serve = { $number } at { $time }
plan-trip = trip { $trip }
plan-parcels = { $count } parcels
plan-cash = { $cash } to collect
plan-stops-of = Stops of { $name }
plan-waits = waits { $minutes } min
plan-late = { $minutes } min late
plan-frozen = On the road
plan-to-end = At the end
plan-move-order = Move { $number }
plan-move-to = To
plan-move-before = Before
plan-move = Move it
plan-nobody = Nobody
plan-idle = no stops yet
plan-asking = Working out what that costs …
plan-costs = Cost of the move
plan-changes = { $km } km, { $minutes } min
plan-breaks-nothing = Breaks no rule
plan-mends = Mends: { $what }
plan-breaks = Rules broken
plan-accept = I accept { $count } broken rules
plan-left-over = { $count } orders on no round
plan-would-help = Would help: { $what }
plan-differences = { $count } orders changed against the rounds before
plan-from-to = { $from } → { $to }
plan-shift = { $minutes } min
plan-lock = Lock the rounds
plan-locked = { $count ->
    [one] One round locked
   *[other] { $count } rounds locked
}
plan-discard = Throw the plan away
standing-new = New
standing-changed = Changed
standing-same = As before
standing-on_the_road = On the road
break-unreachable = No way there

## Rounds handed out

manifests-none = No rounds yet. Plan them first.
manifest-locked = Locked
manifest-handed_out = Handed out
manifest-in_progress = On the road
manifest-completed = Completed
manifest-cancelled = Cancelled
manifest-stops = { $left } of { $count } stops left
manifest-list = Stops
manifest-expected = about { $time }
manifest-accepted = Accepted: { $what }
manifest-hand-out = Hand out to the rider
manifest-handed-out-done = The round is handed out
manifest-cancel = Cancel the round
manifest-cancelled-done = The round is cancelled
manifest-delay = Report a delay
manifest-delay-minutes = Minutes late
manifest-delay-done = The delay is noted
manifest-replan = Plan again with this report
manifest-arrived = Arrived at { $number }
manifest-report = Delivered or not
manifest-turns = Turn by turn
stop-pending = Open
stop-reached = There
stop-delivered = Delivered
stop-failed = Failed
turn-depart = Set off
turn-arrive = Arrive
turn-straight = Straight on
turn-continue = Go on
turn-slight_left = Bear left
turn-slight_right = Bear right
turn-left = Left
turn-right = Right
turn-sharp_left = Sharp left
turn-sharp_right = Sharp right
turn-u_turn = Turn round
turn-roundabout = Roundabout
turn-ferry = Ferry

## Vehicles and places

vehicle-okada = Motorbike
vehicle-tuktuk = Tuk-tuk
vehicle-van = Van
vehicles-none = No vehicles yet. Add the first one below.
vehicle-new = A new vehicle
vehicle-name = Plate or name
vehicle-name-hint = For example: KMFB 123X
vehicle-kind = Kind
vehicle-register = Add the vehicle
vehicle-registered = { $name } is added
vehicle-idle = In the yard
vehicle-carries = carries { $kg } kg, { $parcels } parcels
vehicle-assign = Rider and hours
vehicle-assign-of = Rider and hours of { $name }
vehicle-assign-action = Save
vehicle-assigned = { $name } is ready
shift-from = From
shift-until = Until
shift-hint = Hours and minutes, as 08:00
wrong-hour = is not a time; write it as 08:00
place = Place
place-hint = Latitude, longitude, as a map shows them: -1.2921, 36.8219
wrong-place = is not a place; write latitude, longitude, as -1.2921, 36.8219
locate-depot = Save where the depot is
unplaced-title = Orders without a place
unplaced-how = These are packed, but nobody has said where they go. Ask the customer for a pin from the phone’s map.
unplaced-none = Every packed order has a place
locate = Save the place
locate-of = Place of { $number }
locate-whose = Where it goes
locate-customer = The customer’s place, for all orders
locate-order = This order alone
located = { $number } has a place

## What to buy, and what to offer

nav-proposals = What to buy
proposals-none = Nothing needs buying
proposal-proposed = To decide
proposal-answered = Decided today
proposal-enough = Enough in stock
reason-out-of-stock = Out of stock
reason-runs-out-before-arrival = Runs out before goods arrive
reason-below-service-level = Too little for a busy week
reason-enough = Enough
proposal-why = The next { $days } days: about { $expected } (between { $low } and { $high }).
proposal-shelf = On the shelf { $available }, coming { $coming }.
proposal-lasts = { $days ->
    [0] Nothing left.
    [one] Lasts one day.
   *[other] Lasts { $days } days.
}
proposal-of = Buy { $name }
proposal-quantity = Buy
proposal-pack = { $pack } of { $units }
proposal-accept = Accept
proposal-change = Buy this quantity
proposal-ignore = Ignore today
proposal-bought = { $name } is on the list
proposal-ignored = { $name } is left out today
answered-accept = Accepted: { $count }
answered-change = Changed: { $count }
answered-ignore = Ignored today
answered-withdraw = Withdrawn
advice-by-model = Computed here by the model { $model }, version { $version }.
advice-by-formula = Computed here by the plain formula “{ $name }”: { $reason }.
shelf-again = Again?
shelf-discover = New for this customer
shelf-rhythm = every { $days } days, last { $since } days ago
shelf-once = bought { $since } days ago
shelf-because = goes with { $name }
shelf-popular = bought by many
arrival-expected = about { $time }, nine times in ten before { $late }
missing-depot-place = Nobody has said where the depot is.
missing-vehicle = No vehicle has a rider.
missing-orders = No packed order has a place.
plan-failed = The last plan came to nothing: { $why }
break-window-missed = Outside its hours
break-shift-exceeded = Beyond the shift
break-start-too-early = Too early
break-type-forbidden = Wrong vehicle
break-capacity-exceeded = More than it carries
break-loaded-elsewhere = On another vehicle
break-not-loaded = Not on board
break-frozen-changed = Already on the road
break-depot-closed = Depot closed
break-trips-exceeded = Too many trips
break-order-gone = The order is no longer packed
break-vehicle-gone = The vehicle has no rider

## Who answers

nav-models = Models
models-how = Where the box advises, a model or a plain formula answers. It only advises: people decide.
models-none = Nothing is advised here
advice-job-arrival-time = When orders arrive
advice-job-demand = What to buy
advice-job-discover = What a customer may want
model-answers = Model version { $version } answers
model-formula-answers = The plain formula answers
model-by-model = Model
model-by-formula = Formula
model-since = since { $when }
model-tried = Version { $version } is tried silently
model-why = Why: { $note }
model-rollbacks = { $count ->
    [one] Went back by itself once.
   *[other] Went back by itself { $count } times.
}
model-state-none = No model has been published to this depot.
model-state-downloading = Downloading
model-state-downloaded = Downloaded
model-state-verified = Verified
model-state-shadow = On trial
model-state-active = In use
model-state-paused = Paused by the region
model-state-expired = Expired
model-state-refused = Refused
model-state-rolled-back = Went back
