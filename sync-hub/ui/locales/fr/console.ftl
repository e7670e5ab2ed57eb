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
hours-last = Les trois derniers jours
hours-lag = Retard
hours-unsent = Non envoyé
hours-quarantined = Mis de côté
hours-link = Par la liaison
hours-kb = { $kb } ko
hours-most = { $most } au plus
hours-none = Rien de noté encore ; la première heure est en cours.
hours-hour = Heure dès
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

## Models

nav-models = Modèles
models-how = Ce que les dépôts calculent sur leur machine. Une version est d’abord essayée dans l’ombre ; deux personnes la publient.
models-none = Pas encore de modèles. Importez-en avec sync-hub models import.
models-open = { $count } à décider
model-champion = Toute la région : version { $version }
model-no-champion = Aucune version pour toute la région
model-challenger = À l’essai : { $version }
model-versions = Versions
model-version = Version { $version }
model-version-column = Version
model-trained = appris du { $from } au { $until }
model-expires = expire le { $on }
model-active-at = en service à { $sites }
model-shadow-at = à l’essai à { $sites }
model-development-key = Signé par la clé de développement
model-by = importé par { $who }
model-scores = Notes face à la formule
model-slice = Tranche
model-metric = Mesure
model-score = Modèle
model-baseline = Formule
model-data = Données :
model-depots = Dans les dépôts
model-no-depots = Aucun dépôt n’a encore rendu compte de ce modèle.
model-in-use = Qui répond
model-formula = la formule simple
model-tried = À l’essai
model-active-error = Erreur du jour
model-shadow-error = Erreur à l’essai
model-compared-none = rien à comparer encore
model-compared-less = { $percent } % de moins que la formule ({ $pairs ->
    [one] un cas
   *[other] { $pairs } cas
})
model-compared-more = { $percent } % de plus que la formule ({ $pairs ->
    [one] un cas
   *[other] { $pairs } cas
})
model-compared-same = comme la formule ({ $pairs ->
    [one] un cas
   *[other] { $pairs } cas
})
model-reported = selon le rapport de { $when }
model-answers = Réponses du jour
model-answered = { $model } par le modèle, { $baseline } par la formule
model-drift = Dérive
drift-too-few = Encore trop peu de cas
drift-same = Aucune vue
model-state-downloading = Téléchargement
model-state-downloaded = Téléchargé
model-state-verified = Vérifié
model-state-shadow = À l’essai
model-state-active = En service
model-state-paused = En pause
model-state-expired = Expiré
model-state-refused = Refusé
model-state-rolled-back = Remis en arrière
plot-error = Erreur de la version en service
plot-error-how = son erreur pour une de la formule ; au-dessus de 1 la formule ferait mieux
plot-error-limit = comme la formule
plot-shadow = Erreur dans l’ombre
plot-shadow-how = l’erreur de la version à l’essai pour une de la formule, sur les mêmes cas
plot-drift = Dérive
plot-drift-how = distance entre les cas du jour et ceux de l’apprentissage : la variable qui a le plus bougé (indice de stabilité)
plot-drift-limit = trop loin
plot-none = Rien de rapporté
plot-of = { $title } : { $sites }
plot-table = En tableau
plot-day = Jour
plot-value = Valeur
model-order = Publier ou retirer
model-order-two = Une autre personne doit approuver avant tout envoi.
model-order-alone = Ceci part tout de suite, sur votre seule parole.
model-order-now = Ordonner maintenant
model-propose = Proposer
model-proposed = Proposé. Une autre personne doit approuver.
model-ordered = L’ordre part
model-step = Quoi faire
model-step-shadow = Essayer dans l’ombre
model-step-activate = Mettre en service
model-step-resume = Reprendre
model-step-pause = Mettre en pause
model-step-rollback = Revenir à elle
model-ring = Cercle
model-ring-all = Toute la région
model-why = Pourquoi
model-proposals = Propositions et ordres
model-proposal-open = À décider
model-proposal-approved = Approuvé
model-proposal-rejected = Rejeté
model-proposal-ordered = Ordonné
model-own-proposal = C’est votre proposition : une autre personne doit approuver.
model-approve = Approuver
model-approved = Approuvé : l’ordre part
model-reject = Rejeter
model-rejected = Rejeté
model-rings = Cercles de dépôts
model-ring-sites = Dépôts
model-ring-sites-hint = Codes séparés par des espaces ; aucun supprime le cercle
model-ring-save = Enregistrer le cercle
model-ring-saved = { $ring } est enregistré
model-unknown = Il n’y a pas de modèle { $model }.
model-limits = Ce qu’il ne sait pas faire
model-approve-of = Approuver : { $step }, version { $version }
model-reject-open = Rejeter plutôt
model-reject-of = Rejeter : { $step }, version { $version }
model-withdraw-open = La retirer
model-withdraw = Retirer la proposition
model-decided-approved = approuvé par { $who }
model-decided-rejected = rejeté par { $who }
metric-rmse-s = Erreur typique, en secondes (RMSE)
metric-mae-of-median-s = Erreur moyenne de la médiane, en secondes
metric-coverage-q90 = Arrivés avant la borne de neuf sur dix
metric-mase = Erreur face à une prévision naïve (MASE)
metric-bias = Biais
metric-wape = Erreur sur toutes les unités (WAPE)
metric-stock-at-90-units = Unités gardées pour 90 % de service
