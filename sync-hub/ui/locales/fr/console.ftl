### Mots de la console du centre. Relus par aucun locuteur pour l’instant.

console = Console
sign-in = Se connecter
user-name = Nom d’utilisateur
password = Mot de passe
settings-of = Réglages de { $name }
nav-label = Écrans
nav-fleet = Dépôts
nav-orders = Commandes
nav-stock = Stock par dépôt
nav-balance = Balance générale
nav-exceptions = Anomalies
nav-quarantine = Quarantaine
nav-rights = Droits
nav-invite = Inviter un dépôt
not-found = Rien ici
not-found-why = Cette page n’existe pas.
live = En direct
live-not = Reconnexion …
help-title = Touches
help-search = Rechercher
help-help = Cette aide

## Dépôts

fleet-none = Aucun dépôt pour l’instant. Invitez le premier.
node-fine = À jour
node-sending = Envoie
node-silent = Silencieux
node-invited = Invité
node-invited-until = L’invitation vaut jusqu’à { $time }
node-never = Pas encore vu
node-clock = Horloge non fiable
node-quarantined = A des écritures en quarantaine
node-disagrees = Les écritures diffèrent
node-fenced = Isolé
node-revoked = Révoqué
digest-agree = { $hub } et { $site } concordent, { $time }
digest-differ = { $hub } et { $site } ne concordent pas : appelez l’assistance
digest-unknown = Pas encore comparé
node-exceptions = Anomalies ouvertes
last-seen = Vu
lag = Retard
unsent = Non envoyés
quarantined = En quarantaine
version = Version
epoch = Époque · écritures
clock = Horloge
clock-trusted = Fiable
clock-not = Non fiable
never = Jamais
ago = il y a { $age }
revoke = Révoquer
revoke-of = Révoquer { $site }
revoke-how = Pour un boîtier volé ou perdu. Sans retour possible.
revoke-action = Révoquer { $site } définitivement
revoke-done = { $site } est révoqué
admit-how = Deux historiques de ce dépôt ont été envoyés. S’il s’agit d’un seul boîtier restauré d’une copie, acceptez le second historique sous une nouvelle époque. S’il y a deux boîtiers, éteignez-en un d’abord.
admit-action = Accepter l’historique de { $site }
admit-done = { $site } peut envoyer son historique ; il entrera au prochain contact

## Commandes, stock, balance

order = Commande
order-title = Commande { $number }
order-lines = Lignes
order-money = Montants
order-whom = Client et livraison
order-from-site = Marchandise de { $site }, vendue sur un droit
orders-search = Chercher par numéro ou référence
orders-none = Aucune commande ne correspond.
customer-walk-in = Client de passage
lines-count = { $count ->
    [one] 1 ligne
   *[other] { $count } lignes
}
line-short = Incomplète : { $reason }
line-refunded = { $count } remboursés
net = Hors taxe
tax = Taxe
total = Total
paid = Payé
refunded = Remboursé
delivery-fee = Frais de livraison
deliveries = Livraisons
attempt = tentative { $count }
collected = { $collected } encaissés sur { $due }
credit-notes = Avoirs : { $notes }
task-allocated = En route
task-delivered = Livrée
task-failed = Échouée
task-returned = Revenue
history = Historique
site = Dépôt
status = État
show = Afficher
reason = Raison
stock-search = Chercher par nom ou code
stock-none = Aucun article ne correspond.
stock-caption = Stock de { $name }
on-hand = En stock
reserved = Réservé
lent = Promis
in-transit = En route
balance-none = Rien n’est encore écrit.

## Anomalies, quarantaine, droits

exceptions-open = Ouvertes
exceptions-resolved = Résolues
exceptions-none = Rien n’attend de décision.
exceptions-none-resolved = Aucune résolue pour l’instant.
exception-resolve = Résoudre
exception-resolve-of = Résoudre : { $subject }
exception-resolve-action = Enregistrer la décision
exception-note = Ce qui a été fait
exception-done = { $subject } est résolue
resolution = Décision
quarantine-how = Des écritures que le centre n’a pas pu prendre. Elles sont gardées et ne bloquent pas les suivantes.
quarantine-none = Rien n’est en quarantaine.
quarantine-entry = Époque { $epoch }, écriture { $seq }, { $bytes } octets
rights-how = Ce qu’un dépôt peut vendre du stock d’un autre, même sans liaison.
rights-none = Aucun droit.
right-way = { $home } → { $holder }
right-numbers = { $granted } promis · { $spent } vendus · { $returned } rendus
right-left = reste { $count }

## Inviter

invite-how = Crée un jeton pour le boîtier d’un nouveau dépôt. Il sert une fois, pendant peu de temps.
invite-site = Code du dépôt
invite-site-hint = Par exemple NBO-3
invite-action = Créer un jeton
invite-token = Jeton
invite-token-of = Jeton pour { $site }
invite-once = Il n’est affiché que maintenant. Il est valable jusqu’à { $time }.
invite-forget = Terminé
copy-failed = Copie impossible : sélectionnez le texte et copiez-le
