### Words that the staff app and the console share.

close = Close
back = Back
next = Next
search = Search
try-again = Try again
show-more = Show more
loading = Loading …
sending = Sending …
save = Save
cancel = Not now
copy = Copy
copied = Copied
yes = Yes
no = No
skip-to-content = Skip to the content
all = All

less-of = Less: { $label }
more-of = More: { $label }

age-now = under 1 min
age-minutes = { $count } min
age-hours = { $count } h
age-days = { $count ->
    [one] 1 day
   *[other] { $count } days
}

travelled-here = Here
travelled-here-hint = Saved on this depot’s box. It goes to the hub when the link is up.
travelled-hub = Hub
travelled-hub-hint = The hub has it too.

silence = No answer from the server. Check the Wi-Fi; the page tries again by itself when the link is back.
silence-stale = No answer from the server: what you see may be old.
unanswered-why = Not answered. It may or may not have been done.
unanswered-again = Not answered – tap to try again (safe)
retry-after = { $seconds ->
    [one] Wait 1 second.
   *[other] Wait { $seconds } seconds.
}

wrong-quantity = Type a whole number of at least 1.
wrong-count = Type a whole number; 0 if there is none.
wrong-money = Type an amount of money, such as 250 or 250.50.
wrong-empty = This is needed.
wrong-article = Scan or choose an article.
wrong-lines = Add at least one line.

settings = Settings
language = Language
look = Look
look-auto = As the device
look-light = Light
look-dark = Dark
look-sun = Sun (high contrast)
sign-out = Sign out

status-placed = Placed
status-reserved = Reserved
status-picking = Picking
status-picked = Picked
status-packed = Packed
status-dispatched = With the rider
status-delivered = Delivered
status-failed = Delivery failed
status-returned = Returned
status-closed = Closed
status-cancelled = Cancelled

channel-counter = Counter
channel-phone = Phone
channel-import = Imported

terms-cash_on_delivery = Cash on delivery
terms-prepaid_cash = Paid in cash

tax-standard = Standard rate
tax-zero_rated = Zero-rated
tax-exempt = Exempt

exception-received_short = Received short
exception-received_over = Received over
exception-received_damaged = Received damaged
exception-picked_short = Picked short
exception-delivery_failed = Delivery failed
exception-returned_damaged = Returned damaged
exception-cash_short = Cash short
exception-cash_over = Cash over
exception-cash_collected_differs = Cash collected differs
exception-count_differs = Count differs
exception-stock_negative = Stock below zero
exception-clock_untrusted = Clock not trusted
exception-possible_duplicate = Possible duplicate
exception-ceiling_exceeded = Cash ceiling exceeded
exception-refunded = Refunded

resolution-accept = Accept: it stands
resolution-compensate = Compensated: somebody made it good
resolution-reverse = Reversed

trial-caption = Trial balance in { $currency }
trial-account = Account
trial-site = Depot
trial-debit = Debit
trial-credit = Credit
trial-sum = Sum
trial-difference = Difference
trial-even = In balance
trial-uneven = Not in balance: call support

account-till = Till
account-safe = Safe
account-bank-in-transit = On its way to the bank
account-bank = Bank
account-bank-fees = Bank fees
account-stock = Stock
account-stock-in-transit = Stock with riders
account-cost-of-goods = Cost of goods sold
account-sales = Sales
account-delivery-fees = Delivery fees
account-vat-output = VAT to pay
account-rider-custody = Cash with riders
account-rider-receivable = Owed by riders
account-rider-payable = Owed to riders
account-delivery-cost = Delivery cost
account-goods-received-not-invoiced = Goods received, not invoiced
account-stock-variance = Stock differences
account-customer-deposit = Customer deposits
account-customer-receivable = Owed by customers

map-not-here = The map cannot be drawn on this device. The list says everything.
