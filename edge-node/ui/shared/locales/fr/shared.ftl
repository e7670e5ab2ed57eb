### Mots communs à l’application du dépôt et à la console.

close = Fermer
back = Retour
next = Suivant
search = Rechercher
try-again = Réessayer
show-more = Afficher la suite
loading = Chargement …
sending = Envoi …
save = Enregistrer
cancel = Pas maintenant
copy = Copier
copied = Copié
yes = Oui
no = Non
skip-to-content = Aller au contenu
all = Tous

less-of = Moins : { $label }
more-of = Plus : { $label }

age-now = moins d’1 min
age-minutes = { $count } min
age-hours = { $count } h
age-days = { $count ->
    [one] 1 jour
   *[other] { $count } jours
}

travelled-here = Ici
travelled-here-hint = Enregistré sur le boîtier du dépôt. Partira vers le centre dès que la liaison sera rétablie.
travelled-hub = Centre
travelled-hub-hint = Le centre l’a aussi.

silence = Le serveur ne répond pas. Vérifiez le Wi-Fi ; la page réessaie toute seule quand la liaison revient.
silence-stale = Le serveur ne répond pas : ce que vous voyez peut être ancien.
unanswered-why = Pas de réponse. C’est peut-être fait, peut-être pas.
unanswered-again = Pas de réponse – touchez pour réessayer (sans risque)
retry-after = { $seconds ->
    [one] Attendez 1 seconde.
   *[other] Attendez { $seconds } secondes.
}

wrong-quantity = Saisissez un nombre entier d’au moins 1.
wrong-count = Saisissez un nombre entier ; 0 s’il n’y a rien.
wrong-money = Saisissez un montant, par exemple 250 ou 250,50.
wrong-empty = Ce champ est nécessaire.
wrong-article = Scannez ou choisissez un article.
wrong-lines = Ajoutez au moins une ligne.

settings = Réglages
language = Langue
look = Apparence
look-auto = Comme l’appareil
look-light = Claire
look-dark = Sombre
look-sun = Soleil (contraste fort)
sign-out = Se déconnecter

status-placed = Passée
status-reserved = Réservée
status-picking = En préparation
status-picked = Préparée
status-packed = Emballée
status-dispatched = Chez le livreur
status-delivered = Livrée
status-failed = Livraison échouée
status-returned = Revenue
status-closed = Close
status-cancelled = Annulée

channel-counter = Comptoir
channel-phone = Téléphone
channel-import = Importée

terms-cash_on_delivery = Paiement à la livraison
terms-prepaid_cash = Payée en espèces

tax-standard = Taux normal
tax-zero_rated = Taux zéro
tax-exempt = Exonéré

exception-received_short = Reçu en moins
exception-received_over = Reçu en trop
exception-received_damaged = Reçu abîmé
exception-picked_short = Préparé en moins
exception-delivery_failed = Livraison échouée
exception-returned_damaged = Revenu abîmé
exception-cash_short = Manque d’espèces
exception-cash_over = Excédent d’espèces
exception-cash_collected_differs = Encaissement différent
exception-count_differs = Comptage différent
exception-stock_negative = Stock sous zéro
exception-clock_untrusted = Horloge non fiable
exception-possible_duplicate = Doublon possible
exception-ceiling_exceeded = Plafond d’espèces dépassé
exception-refunded = Remboursée

resolution-accept = Accepter : cela reste ainsi
resolution-compensate = Compensé : quelqu’un a réparé
resolution-reverse = Annulé par une écriture inverse

trial-caption = Balance générale en { $currency }
trial-account = Compte
trial-site = Dépôt
trial-debit = Débit
trial-credit = Crédit
trial-sum = Somme
trial-difference = Différence
trial-even = Équilibrée
trial-uneven = Déséquilibrée : appelez l’assistance

account-till = Caisse
account-safe = Coffre
account-bank-in-transit = En route vers la banque
account-bank = Banque
account-bank-fees = Frais bancaires
account-stock = Stock
account-stock-in-transit = Stock chez les livreurs
account-cost-of-goods = Coût des marchandises vendues
account-sales = Ventes
account-delivery-fees = Frais de livraison
account-vat-output = TVA à payer
account-rider-custody = Espèces chez les livreurs
account-rider-receivable = Dû par les livreurs
account-rider-payable = Dû aux livreurs
account-delivery-cost = Coût des livraisons
account-goods-received-not-invoiced = Reçu, non facturé
account-stock-variance = Écarts de stock
account-customer-deposit = Acomptes des clients
account-customer-receivable = Dû par les clients

map-not-here = La carte ne peut pas être affichée sur cet appareil. La liste dit tout.
