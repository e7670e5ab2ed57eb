### Mots de l’application du dépôt. Relus par aucun locuteur pour l’instant.

## Entrer

version = Version { $version }
pair-title = Associer cet appareil à { $site }
pair-how = Un responsable crée un code sur le boîtier du dépôt. Il sert une fois, pendant peu de temps.
pair-action = Associer cet appareil
pair-code = Code d’association
pair-code-hint = Affiché sur l’écran du responsable
pair-name = Nom de cet appareil
pair-name-hint = Par exemple : comptoir 1, tablette 3
pair-name-default = Appareil sans nom
sign-in-title = Qui êtes-vous ?
sign-in-pin-title = { $name }, votre code PIN
sign-in-pin = PIN
sign-in-action = Se connecter
sign-in-keys = Chiffres
sign-in-erase = Effacer un chiffre
sign-in-clear = Tout effacer
sign-in-other = Quelqu’un d’autre
sign-in-nobody = Personne pour l’instant. Le responsable ajoute les gens sur le boîtier du dépôt.
who-am-i = Connecté : { $name }, { $role }

role-manager = Responsable
role-clerk = Magasinier
role-cashier = Caissier
role-picker = Préparateur
role-dispatcher = Répartiteur
role-rider = Livreur

## Se déplacer

nav-label = Écrans
nav-more = Plus
nav-today = Aujourd’hui
nav-sell = Vendre
nav-receive = Recevoir
nav-orders = Commandes
nav-pick = Préparer
nav-pack = Emballer
nav-dispatch = Expédier
nav-deliveries = Livraisons
nav-riders = Livreurs
nav-cash = Espèces des livreurs
nav-deposit = Dépôt en banque
nav-counts = Compter
nav-stock = Stock
nav-remote = Vendu ailleurs
nav-customers = Clients
nav-exceptions = Anomalies
nav-balance = Balance générale
not-found = Rien ici
not-found-why = Cette page n’existe pas, ou n’est pas pour votre rôle.

## La pastille d’envoi : quoi, puis la suite

chip-label = Envoi au centre
chip-unknown = Vérification …
chip-unknown-next = { "" }
chip-box-silent = Le boîtier du dépôt ne répond pas
chip-box-silent-next = vérifiez le Wi-Fi
chip-blocked = { $count } ne peuvent pas partir
chip-blocked-next = appelez le responsable
chip-quarantined = { $count } retenus par le centre
chip-quarantined-next = appelez le responsable
chip-never = Encore aucun contact avec le centre
chip-never-next = partira avec la liaison
chip-never-waiting = { $count } en attente depuis { $time }
chip-never-waiting-next = encore aucun contact avec le centre
chip-waiting = { $count } en attente depuis { $time }
chip-waiting-next = partira au retour de la liaison
chip-waiting-long = { $count } en attente depuis { $age }
chip-waiting-long-next = vérifiez la liaison avec le centre
chip-sent = Tout est parti · { $age }
chip-sent-next = { "" }
chip-sent-long = Tout est parti, mais silence depuis { $age }
chip-sent-long-next = vérifiez la liaison avec le centre
chip-revoked = Exclu par la région · { $count } restent ici
chip-revoked-next = appelez le bureau régional
chip-expired = Certificat expiré · { $count } en attente
chip-expired-next = renouvelé tout seul au retour de la liaison
shut-out = Boîtiers exclus
shut-out-how = La liste { $version } est ici. Portez-la à un dépôt sans liaison : enregistrez-la sur votre téléphone, remettez-la là-bas.
shut-out-none = Aucune liste ici. Remettez celle qui a été enregistrée dans un autre dépôt de la région.
shut-out-save = Enregistrer la liste
shut-out-take = Remettre une liste
shut-out-taken = La liste { $version } compte dès maintenant
shut-out-known = Rien de nouveau : la liste { $version } est déjà ici
shut-out-refused = Ce n’est pas une liste de cette région. Enregistrez-la de nouveau dans un autre dépôt.
shut-out-not-saved = La liste n’a pas pu être enregistrée. Réessayez.
chip-clock = Horloge non fiable : appelez le responsable

## Mots de plusieurs pages

name = Nom
phone = Téléphone
address = Adresse
note = Note
reason = Raison
amount = Montant
quantity = Quantité
quantity-of = Quantité de { $name }
article = Article
article-code = Code
barcode = Code-barres
bin = Emplacement
bins = Emplacements
bins-none = Dans aucun emplacement
price = Prix
tax = Taxe
net = Hors taxe
total = Total
of-which-tax = Dont { $label }
paid = Payé
refunded = Remboursé
status = État
show = Afficher
choose = Choisir …
rider = Livreur
customer = Client
customer-walk-in = Client de passage
available = Disponible
available-count = { $count } libres
on-hand = En stock
on-hand-count = { $count } en stock
reserved = Réservé
lent = Promis à d’autres dépôts
history = Historique
attempt = tentative { $count }
cash-due = À encaisser
call = Appeler { $phone }
line-of = Ligne { $line } : { $name }
lines-count = { $count ->
    [one] 1 ligne
   *[other] { $count } lignes
}
remove-line = Enlever { $name }
article-none = Aucun article ne correspond à « { $text } ».
article-blocked = Bloqué
article-no-price = Sans prix
articles-none = Aucun article ne correspond.
scan-not-now = Scanné trop tôt : { $code }. Scannez de nouveau.
scan-unknown = Inconnu : { $code }. Cherchez par nom, ou demandez au responsable.

## Aujourd’hui

today-work = Ce qui attend
today-cash = Espèces et ventes
today-sales = Ventes hors taxe
today-till = Dans la caisse
today-safe = Dans le coffre
today-riders = Chez les livreurs
today-look = À regarder
today-exceptions = { $count ->
    [one] 1 anomalie attend une décision
   *[other] { $count } anomalies attendent une décision
}
today-exceptions-open = Anomalies ouvertes
today-unsent = Pas encore au centre

## Vendre

sell-action = Encaisser
sell-scan = Scannez un article, ou saisissez son nom ou son code
sell-basket = Panier
sell-empty = Le panier est vide.
sell-customer = Client (facultatif)
sell-pay = Paiement
sell-tendered = Espèces reçues
sell-likely = Montants probables
sell-change = À rendre
sell-missing = Il manque
sell-from = Vendre depuis
sell-from-here = { $site }, ici ({ $count } libres)
sell-from-right = { $site }, sur notre droit (reste { $count })
sell-only = Seulement { $count } à { $site }
sell-done = Vendu : { $number }
sell-next = Vente suivante

## Recevoir

receive-action = Recevoir la marchandise
receive-scan = Scannez un article, puis son emplacement
receive-reference = Numéro du bon de livraison
receive-reference-hint = Imprimé sur le papier du fournisseur
receive-cost = Coût unitaire
receive-damaged = Abîmés
receive-expected = Attendus
receive-pack = Conditionnement (facultatif)
receive-as-expected = Comme prévu
receive-short = { $count } en moins
receive-over = { $count } en trop
receive-done = { $count ->
    [one] { $reference } reçu : 1 ligne
   *[other] { $reference } reçu : { $count } lignes
}
receipts = Dernières réceptions
receipts-none = Rien reçu pour l’instant.

## Commandes

order = Commande
order-title = Commande { $number }
order-new = Nouvelle commande
order-place = Passer la commande
order-placed = La commande { $number } est passée
order-open = Ouvrir la commande
order-lines = Lignes
order-terms = Paiement
order-money = Montants
order-whom = Client et livraison
order-from-site = Marchandise de { $site }, vendue sur notre droit
order-reserve = Réserver le stock
order-reserved = { $number } : stock réservé
order-pick = Préparer
order-pack = Emballer
order-cancel = Annuler la commande
order-cancel-action = Annuler cette commande
order-cancelled = { $number } est annulée
orders-search = Chercher par numéro ou référence
orders-none = Aucune commande ne correspond.
delivery-fee = Frais de livraison
line-short = Incomplète : { $reason }
line-refunded = { $count } remboursés
line-picked = { $picked } sur { $quantity } préparés
note-text = Note pour la livraison
note-save = Enregistrer la note
note-saved = Note enregistrée
note-none = Aucune note
refund = Rembourser
refund-action = Rendre l’argent
refund-left = au plus { $count }
refund-quantity = Quantité à rembourser
refund-bin = Remis à l’emplacement
refund-bin-hint = Laissez vide si la marchandise ne revient pas
refund-done = { $amount } rendus. Avoir { $note }

history-placed = Passée
history-reserved = Réservée
history-pick_started = Préparation commencée
history-picking = En préparation
history-picked = Préparée
history-packed = Emballée
history-dispatched = Remise au livreur
history-delivered = Livrée
history-failed = Livraison échouée
history-returned = Revenue
history-refunded = Remboursée
history-cancelled = Annulée
history-closed = Close
history-sold = Vendue

## Préparer et emballer

pick-begun = Commencées
pick-waiting = En attente
pick-none = Rien à préparer.
pick-title = Préparer { $number }
pick-progress = { $done } lignes sur { $total }
pick-then = Ensuite
pick-scan-bin = Scannez ou saisissez l’emplacement
pick-scan-article = Scannez ou saisissez l’article
pick-type-hint = Le lecteur fonctionne partout sur cette page
pick-confirm = Confirmer
pick-action = Préparé
pick-no-bin = dans aucun emplacement connu
pick-also-in = Aussi dans { $bins }
pick-already = ({ $count } déjà préparés)
pick-wrong-bin = Mauvais emplacement : ici { $scanned }, allez à { $wanted }
pick-wrong-article = Mauvais article : ceci est { $scanned }, prenez { $wanted }
pick-undo = Annuler le dernier scan
pick-short = Pas assez
pick-short-action = Terminer la ligne incomplète
pick-short-reason = Pourquoi il en manque
pick-line-done = { $count ->
    [one] Préparé. Encore 1 ligne
   *[other] Préparé. Encore { $count } lignes
}
pick-done = Toutes les lignes sont préparées
pick-another = Une autre commande
pick-not-now = Cette commande ne peut pas être préparée maintenant : { $status }
pack-waiting = Commandes à emballer
pack-none = Rien à emballer.
pack-title = Emballer { $number }
pack-parcels = Colis
pack-action = Emballé
pack-done = { $number } est emballée : { $total }
pack-not-now = Cette commande ne peut pas être emballée maintenant : { $status }

## Livreurs et livraisons

dispatch-orders = Commandes emballées
dispatch-none = Aucune commande emballée n’attend.
dispatch-no-rider = Choisissez un livreur.
dispatch-no-orders = Choisissez au moins une commande.
dispatch-action = { $count ->
    [0] Remettre des commandes
    [one] Remettre 1 commande
   *[other] Remettre { $count } commandes
}
dispatch-done = { $count ->
    [one] { $name } a 1 commande, { $cash } à encaisser
   *[other] { $name } a { $count } commandes, { $cash } à encaisser
}
dispatch-within = Jusqu’à { $due } à encaisser. { $name } peut encore porter { $room }.
dispatch-over = Jusqu’à { $due } à encaisser, mais { $name } ne peut porter que { $room } de plus. Reprenez d’abord ses espèces, ou choisissez moins de commandes.
riders-none = Aucun livreur enregistré.
rider-new = Nouveau livreur
rider-register = Enregistrer le livreur
rider-registered = { $name } est enregistré
rider-staff = Se connecte comme
rider-staff-none = Ne se connecte pas
rider-ceiling = Plafond d’espèces
rider-ceiling-hint = Le plus que ce livreur peut porter ou devoir encaisser
rider-custody = Espèces portées
rider-owes = Doit
rider-earned = A gagné
rider-holds = porte { $cash } sur { $ceiling }
rider-tasks = { $count ->
    [one] 1 livraison en cours
   *[other] { $count } livraisons en cours
}
tasks-none = Aucune livraison ici.
task-allocated = En route
task-delivered = Livrée
task-failed = Échouée
task-returned = Revenue
delivery-title = Livraison de { $number }
delivery-record = Enregistrer la livraison
delivery-cash = Espèces encaissées
delivery-done = { $number } est livrée
delivery-fail = Livraison impossible
delivery-fail-action = Enregistrer l’échec
delivery-failed-done = { $number } : livraison échouée. Rapportez la marchandise.
proof = Preuve
proof-name = Qui l’a reçue
proof-otp = Code du client
proof-name-value = Nom de la personne
proof-otp-value = Code donné par le client
failure-absent = Personne sur place
failure-refused = Refusée
failure-address_unknown = Adresse inconnue
failure-damaged = Marchandise abîmée
failure-unsafe = Lieu dangereux
take-back = Reprendre la marchandise
take-back-action = Reprendre
take-back-bin = Emplacement du bon
take-back-damaged = Abîmés sur { $count } × { $name }
take-back-done = La marchandise de { $number } est revenue

## Espèces

handover-how = Dites ce que vous portez. Une autre personne compte sans le voir ; puis vous signez.
handover-declare = Remettre les espèces d’un livreur
handover-declare-action = Déclarer les espèces
handover-amount = Espèces remises
handover-declared = Déclaré. Une autre personne compte maintenant.
handovers = Remises
handovers-none = Aucune remise pour l’instant.
handover-title = Espèces de { $name }
handover-declared-amount = Déclaré
handover-counted-amount = Compté
handover-hidden = Caché jusqu’aux deux signatures
handover-shortage = Manque
handover-surplus = En trop
handover-count = Compter les espèces
handover-count-how = Comptez ce qui est sur la table. Vous ne voyez pas ce qui a été déclaré.
handover-count-action = Enregistrer le comptage
handover-counted-done = Compté. La première personne signe maintenant.
handover-cosign = Signer le comptage
handover-cosign-how = L’autre personne a compté { $amount }.
handover-cosign-action = Signer
handover-accept = Il manque { $amount }. Le livreur accepte-t-il de les devoir ?
handover-accept-yes = Accepte
handover-accept-no = Conteste
handover-closed-done = Remise signée
handover-wait-count = Une autre personne doit maintenant compter.
handover-wait-cosign = La personne qui a déclaré doit maintenant signer.
handover-state-declared = Attend le comptage
handover-state-counted = Attend la signature
handover-state-closed = Close
handover-state-disputed = Contestée
deposit-action = Déposer en banque
deposit-slip = Numéro du bordereau
deposit-done = Le dépôt { $slip } est enregistré

## Compter

count-start = Compter un emplacement
count-start-action = Commencer
count-scan = Scannez l’emplacement, puis l’article
counts = Comptages
counts-none = Aucun comptage pour l’instant.
count-state-counting = En cours
count-state-counted = Attend l’accord
count-state-approved = Approuvé
count-counted = { $count } comptés
count-title = Compter { $bin }
count-blind = Comptez ce qui est là. Ce que disent les livres n’est pas montré.
count-quantity = Quantité comptée
count-record = Enregistrer le comptage
count-recorded = Comptage enregistré
count-variance = Différence avec les livres
count-approve = Approuver le comptage
count-approved-done = Approuvé. Différence : { $variance }
count-wait = Une autre personne doit approuver ce comptage.

## Stock et droits

stock-search = Chercher par nom, code ou code-barres
stock-search-hint = Ou scannez
move = Changer d’emplacement
move-action = Déplacer
move-from = De l’emplacement
move-to = Vers l’emplacement
move-done = Déplacé vers { $bin }
grant = Promettre à un autre dépôt
grant-how = L’autre dépôt pourra vendre, même sans liaison. { $count } peuvent être promis.
grant-action = Promettre
grant-to = Au dépôt
grant-to-hint = Par exemple NBO-2
grant-done = Promis à { $site }
rights = Droits
rights-none = Aucun droit sur cet article.
right-held = Nous pouvons vendre le stock de { $site }
right-given = Promis à { $site }
right-numbers = { $granted } promis · { $spent } vendus · { $returned } rendus
right-left = reste { $count }
return-of = Rendre { $count } à { $site }
return-action = Rendre
return-done = Rendu
block = Bloquer l’article
block-action = Bloquer
block-done = Bloqué : ne peut plus être vendu ici
unblock = Débloquer l’article
unblock-action = Débloquer
unblock-done = Débloqué : peut de nouveau être vendu
remote-how = Un autre dépôt a vendu cette marchandise sur notre droit. Le client la retire ici.
remote-none = Rien à remettre.
remote-sold-at = vendu à { $site }
remote-action = Remettre
remote-bin = Pris à l’emplacement
remote-handed-over = Remis
remote-done = { $name } est remis

## Clients

customer-new = Nouveau client
customer-register = Enregistrer le client
customer-registered = { $name } est enregistré
customer-edit = Modifier le client
customer-saved = Enregistré
customer-unchanged = Rien n’a été changé.
customer-remove = Enlever { $name }
customer-search-hint = Saisissez un nom ou un téléphone
customer-orders = Commandes de ce client
customers-search = Chercher par nom ou téléphone
customers-none = Aucun client ne correspond.

## Anomalies

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

## Planning the rounds

nav-plan = Planifier les tournées
nav-manifests = Tournées
nav-vehicles = Véhicules
no-answer = La machine ne répond pas. Rien n’a changé ; réessayez.
plan-ready = Ce qui est prêt
plan-orders = { $count ->
    [one] { $count } commande à planifier
   *[other] { $count } commandes à planifier
}
plan-vehicles = { $count ->
    [one] { $count } véhicule prêt
   *[other] { $count } véhicules prêts
}
plan-roads = Temps par la route
plan-estimate = Temps estimés : aucune carte routière installée
plan-unplaced = { $count ->
    [one] { $count } commande sans lieu
   *[other] { $count } commandes sans lieu
}
plan-unmeasured = { $count ->
    [one] { $count } commande sans poids
   *[other] { $count } commandes sans poids
}
plan-time = Temps de calcul
plan-seconds = { $count } secondes
plan-start = { $count ->
    [one] Planifier { $count } commande
   *[other] Planifier { $count } commandes
}
plan-again = { $count ->
    [one] Replanifier : { $count } commande
   *[other] Replanifier : { $count } commandes
}
plan-running = Calcul en cours
plan-so-far = { $assigned } commandes placées, { $unassigned } pas encore
plan-stop = Assez : prendre le meilleur
plan-summary = { $routes ->
    [one] Une tournée
   *[other] { $routes } tournées
}, { $stops ->
    [one] un arrêt
   *[other] { $stops } arrêts
}, { $km } km
plan-map = Carte des tournées
plan-timeline = Qui est où, et quand
plan-times-of = { $name }, de { $from } à { $until }
plan-bar-wait = { $number } : attend jusqu’à { $time }
plan-bar-serve = { $number } à { $time }
plan-trip = tour { $trip }
plan-parcels = { $count } colis
plan-cash = { $cash } à encaisser
plan-stops-of = Arrêts de { $name }
plan-waits = attend { $minutes } min
plan-late = { $minutes } min de retard
plan-frozen = En route
plan-to-end = À la fin
plan-move-order = Déplacer { $number }
plan-move-to = Vers
plan-move-before = Avant
plan-move = Déplacer
plan-nobody = Personne
plan-idle = pas encore d’arrêt
plan-asking = Calcul du coût …
plan-costs = Coût du déplacement
plan-changes = { $km } km, { $minutes } min
plan-breaks-nothing = Ne viole aucune règle
plan-mends = Répare : { $what }
plan-breaks = Règles violées
plan-accept = J’accepte { $count } règles violées
plan-left-over = { $count } commandes sans tournée
plan-would-help = Aiderait : { $what }
plan-differences = { $count } commandes changées par rapport aux tournées d’avant
plan-from-to = { $from } → { $to }
plan-shift = { $minutes } min
plan-lock = Verrouiller les tournées
plan-locked = { $count ->
    [one] Une tournée verrouillée
   *[other] { $count } tournées verrouillées
}
plan-discard = Jeter le plan
standing-new = Nouvelle
standing-changed = Changée
standing-same = Comme avant
standing-on_the_road = En route
break-unreachable = Pas de chemin

## Rounds handed out

manifests-none = Pas encore de tournées. Planifiez d’abord.
manifest-locked = Verrouillée
manifest-handed_out = Remise
manifest-in_progress = En route
manifest-completed = Terminée
manifest-cancelled = Annulée
manifest-stops = { $left } arrêts sur { $count } restants
manifest-list = Arrêts
manifest-expected = vers { $time }
manifest-accepted = Accepté : { $what }
manifest-hand-out = Remettre au livreur
manifest-handed-out-done = La tournée est remise
manifest-cancel = Annuler la tournée
manifest-cancelled-done = La tournée est annulée
manifest-delay = Signaler un retard
manifest-delay-minutes = Minutes de retard
manifest-delay-done = Le retard est noté
manifest-replan = Replanifier avec ce rapport
manifest-arrived = Arrivé chez { $number }
manifest-report = Livrée ou non
manifest-turns = Étape par étape
stop-pending = Ouvert
stop-reached = Sur place
stop-delivered = Livrée
stop-failed = Échec
turn-depart = Partez
turn-arrive = Arrivez
turn-straight = Tout droit
turn-continue = Continuez
turn-slight_left = Serrez à gauche
turn-slight_right = Serrez à droite
turn-left = À gauche
turn-right = À droite
turn-sharp_left = Franchement à gauche
turn-sharp_right = Franchement à droite
turn-u_turn = Demi-tour
turn-roundabout = Rond-point
turn-ferry = Bac

## Vehicles and places

vehicle-okada = Moto
vehicle-tuktuk = Tuk-tuk
vehicle-van = Fourgon
vehicles-none = Pas encore de véhicules. Ajoutez le premier ci-dessous.
vehicle-new = Un nouveau véhicule
vehicle-name = Plaque ou nom
vehicle-name-hint = Par exemple : KMFB 123X
vehicle-kind = Genre
vehicle-register = Ajouter le véhicule
vehicle-registered = { $name } est ajouté
vehicle-idle = Au dépôt
vehicle-carries = porte { $kg } kg, { $parcels } colis
vehicle-assign = Livreur et heures
vehicle-assign-of = Livreur et heures de { $name }
vehicle-assign-action = Enregistrer
vehicle-assigned = { $name } est prêt
shift-from = De
shift-until = À
shift-hint = Heures et minutes, comme 08:00
wrong-hour = n’est pas une heure ; écrivez 08:00
place = Lieu
place-hint = Latitude, longitude, comme sur une carte : -1.2921, 36.8219
wrong-place = n’est pas un lieu ; écrivez latitude, longitude, comme -1.2921, 36.8219
locate-depot = Enregistrer où est le dépôt
unplaced-title = Commandes sans lieu
unplaced-how = Elles sont emballées, mais personne n’a dit où elles vont. Demandez au client un point de la carte de son téléphone.
unplaced-none = Chaque commande emballée a un lieu
locate = Enregistrer le lieu
locate-of = Lieu de { $number }
locate-whose = Où elle va
locate-customer = Le lieu du client, pour toutes les commandes
locate-order = Cette commande seulement
located = { $number } a un lieu

## What to buy, and what to offer

nav-proposals = Quoi acheter
proposals-none = Rien à acheter
proposal-proposed = À décider
proposal-answered = Décidé aujourd’hui
proposal-enough = Assez en stock
reason-out-of-stock = Épuisé
reason-runs-out-before-arrival = S’épuise avant l’arrivée
reason-below-service-level = Trop peu pour une forte semaine
reason-enough = Assez
proposal-why = Les { $days } prochains jours : environ { $expected } (entre { $low } et { $high }).
proposal-shelf = En rayon { $available }, en route { $coming }.
proposal-lasts = { $days ->
    [0] Plus rien.
    [one] Tient un jour.
   *[other] Tient { $days } jours.
}
proposal-of = Acheter { $name }
proposal-quantity = Acheter
proposal-pack = { $pack } de { $units }
proposal-accept = Accepter
proposal-change = Acheter cette quantité
proposal-ignore = Ignorer aujourd’hui
proposal-bought = { $name } est sur la liste
proposal-ignored = { $name } est laissé aujourd’hui
answered-accept = Accepté : { $count }
answered-change = Changé : { $count }
answered-ignore = Ignoré aujourd’hui
answered-withdraw = Retiré
advice-by-model = Calculé ici par le modèle { $model }, version { $version }.
advice-by-formula = Calculé ici par la formule simple « { $name } » : { $reason }.
shelf-again = Encore ?
shelf-discover = Nouveau pour ce client
shelf-rhythm = tous les { $days } jours, il y a { $since } jours
shelf-once = acheté il y a { $since } jours
shelf-because = va avec { $name }
shelf-popular = acheté par beaucoup
arrival-expected = vers { $time }, neuf fois sur dix avant { $late }
missing-depot-place = Personne n’a dit où est le dépôt.
missing-vehicle = Aucun véhicule n’a de livreur.
missing-orders = Aucune commande emballée n’a de lieu.
plan-failed = Le dernier plan n’a rien donné : { $why }
break-window-missed = Hors de ses heures
break-shift-exceeded = Au-delà du service
break-start-too-early = Trop tôt
break-type-forbidden = Mauvais véhicule
break-capacity-exceeded = Plus qu’il ne porte
break-loaded-elsewhere = Dans un autre véhicule
break-not-loaded = Pas à bord
break-frozen-changed = Déjà en route
break-depot-closed = Dépôt fermé
break-trips-exceeded = Trop de tours
break-order-gone = La commande n’est plus emballée
break-vehicle-gone = Le véhicule n’a pas de livreur

## Who answers

nav-models = Modèles
models-how = Là où la machine conseille, un modèle ou une formule simple répond. Ce sont des conseils : les personnes décident.
models-none = Rien n’est conseillé ici
advice-job-arrival-time = Quand les commandes arrivent
advice-job-demand = Quoi acheter
advice-job-discover = Ce qu’un client peut vouloir
model-answers = Le modèle version { $version } répond
model-formula-answers = La formule simple répond
model-by-model = Modèle
model-by-formula = Formule
model-since = depuis { $when }
model-tried = La version { $version } est essayée en silence
model-why = Pourquoi : { $note }
model-rollbacks = { $count ->
    [one] Revenu en arrière une fois de lui-même.
   *[other] Revenu en arrière { $count } fois de lui-même.
}
model-state-none = Aucun modèle n’a été publié pour ce dépôt.
model-state-downloading = Téléchargement
model-state-downloaded = Téléchargé
model-state-verified = Vérifié
model-state-shadow = À l’essai
model-state-active = En service
model-state-paused = Mis en pause par la région
model-state-expired = Expiré
model-state-refused = Refusé
model-state-rolled-back = Revenu en arrière
