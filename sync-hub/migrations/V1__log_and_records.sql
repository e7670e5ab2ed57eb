-- The log of every node of the region, and the records that it adds up to.
-- SQL that YugabyteDB takes too: no serial feed positions, no triggers, no exclusion constraints.

CREATE TABLE hub (
    only_row      boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    node          uuid NOT NULL,
    region        text NOT NULL,
    author_key    bytea NOT NULL CHECK (length(author_key) = 32),
    -- Drawn once; part of every incarnation.
    seed          bytea NOT NULL,
    -- The one last met: when the store comes back as another, the hub opens a new epoch.
    incarnation   bytea NOT NULL
);

CREATE TABLE node (
    node          uuid PRIMARY KEY,
    site          text NOT NULL,
    entity        text NOT NULL,
    author_key    bytea NOT NULL CHECK (length(author_key) = 32),
    status        text NOT NULL CHECK (status IN ('active', 'fenced', 'revoked')),
    fingerprint   bytea,
    software      text NOT NULL DEFAULT '',
    enrolled_ms   bigint NOT NULL,
    last_seen_ms  bigint,
    unsent        bigint,
    clock_trusted boolean,
    -- What the node last said of itself, to be compared with what we hold.
    told_epoch    integer,
    told_seq      bigint,
    told_digest   bytea,
    agreed_ms     bigint,
    agrees        boolean,
    cursor        bigint NOT NULL DEFAULT 0,
    -- A person decided that a fork is one box that was restored: its branch comes in anew.
    branch_admitted boolean NOT NULL DEFAULT false
);
-- A revoked box leaves its seat to the next.
CREATE UNIQUE INDEX node_of_site ON node (site) WHERE status <> 'revoked';

CREATE TABLE enrolment_token (
    token_hash    bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    site          text NOT NULL,
    entity        text NOT NULL,
    expires_ms    bigint NOT NULL,
    used_by       uuid,
    used_key      bytea
);

CREATE TABLE log (
    node          uuid NOT NULL,
    epoch         integer NOT NULL,
    seq           bigint NOT NULL,
    entry_id      uuid NOT NULL,
    hash          bytea NOT NULL,
    hlc           bigint NOT NULL,
    kind          integer NOT NULL,
    projected     boolean NOT NULL,
    bytes         bytea NOT NULL,
    received_ms   bigint NOT NULL,
    PRIMARY KEY (node, epoch, seq)
);
CREATE INDEX log_entry_id ON log (entry_id);

-- Where each chain stands. The node's row (for the hub's own chain, the hub's) is locked while it
-- grows.
CREATE TABLE chain (
    node          uuid NOT NULL,
    epoch         integer NOT NULL,
    seq           bigint NOT NULL,
    hash          bytea NOT NULL,
    -- The stamp of its last entry: the hub's own clock goes on from it.
    hlc           bigint NOT NULL,
    PRIMARY KEY (node, epoch)
);

CREATE TABLE seal (
    node          uuid NOT NULL,
    epoch         integer NOT NULL,
    seq           bigint NOT NULL,
    signature     bytea NOT NULL CHECK (length(signature) = 64),
    PRIMARY KEY (node, epoch, seq)
);

-- What travels on to other nodes, in commit order: the head row is locked until commit.
CREATE TABLE feed_head (
    only_row      boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position      bigint NOT NULL
);
INSERT INTO feed_head (position) VALUES (0);

CREATE TABLE feed (
    position      bigint PRIMARY KEY,
    node          uuid NOT NULL,
    epoch         integer NOT NULL,
    seq           bigint NOT NULL,
    -- None: every node of the region.
    reader        uuid
);

CREATE TABLE quarantine (
    id            uuid PRIMARY KEY,
    node          uuid NOT NULL,
    epoch         integer NOT NULL,
    seq           bigint NOT NULL,
    entry_id      uuid,
    hash          bytea NOT NULL,
    reason        text NOT NULL,
    detail        text NOT NULL,
    bytes         bytea NOT NULL,
    -- Its place in the chain is taken by it: it counts as held.
    in_chain      boolean NOT NULL,
    received_ms   bigint NOT NULL,
    resolved_ms   bigint,
    UNIQUE (node, epoch, seq, hash)
);
CREATE INDEX quarantine_open ON quarantine (node) WHERE resolved_ms IS NULL;

-- Automerge changes are appended here and taken into documents afterwards.
CREATE TABLE document_change (
    position      bigint PRIMARY KEY,
    document      uuid NOT NULL,
    kind          text NOT NULL,
    change        bytea NOT NULL,
    node          uuid NOT NULL,
    epoch         integer NOT NULL,
    seq           bigint NOT NULL
);
CREATE TABLE document_change_head (
    only_row      boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position      bigint NOT NULL
);
INSERT INTO document_change_head (position) VALUES (0);

-- How far changes were taken into documents. A row of its own: whoever projects locks it, and
-- must not hold up those who append.
CREATE TABLE document_progress (
    only_row      boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position      bigint NOT NULL
);
INSERT INTO document_progress (position) VALUES (0);

CREATE TABLE document (
    document      uuid PRIMARY KEY,
    kind          text NOT NULL,
    saved         bytea NOT NULL,
    text          text NOT NULL
);

-- Digest over the records of one author, kept up record by record.
CREATE TABLE digest (
    author        uuid PRIMARY KEY,
    digest        bytea NOT NULL CHECK (length(digest) = 32)
);

-- Records: one table a kind, all of one shape. A record belongs to one author's log.
CREATE TABLE articles (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE INDEX articles_listed ON articles (status, sort DESC, key);
CREATE INDEX articles_by_author ON articles (author, sort DESC, key);
CREATE TABLE price_books (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE TABLE prices (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE TABLE staff (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE TABLE peers (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE TABLE orders (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE INDEX orders_listed ON orders (status, sort DESC, key);
CREATE INDEX orders_by_author ON orders (author, sort DESC, key);
CREATE TABLE stock (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE TABLE receipts (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE INDEX receipts_listed ON receipts (status, sort DESC, key);
CREATE INDEX receipts_by_author ON receipts (author, sort DESC, key);
CREATE TABLE counts (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE INDEX counts_listed ON counts (status, sort DESC, key);
CREATE INDEX counts_by_author ON counts (author, sort DESC, key);
CREATE TABLE riders (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE INDEX riders_listed ON riders (status, sort DESC, key);
CREATE INDEX riders_by_author ON riders (author, sort DESC, key);
CREATE TABLE tasks (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE INDEX tasks_listed ON tasks (status, sort DESC, key);
CREATE INDEX tasks_by_author ON tasks (author, sort DESC, key);
CREATE TABLE handovers (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE INDEX handovers_listed ON handovers (status, sort DESC, key);
CREATE INDEX handovers_by_author ON handovers (author, sort DESC, key);
CREATE TABLE deposits (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE TABLE rights (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE TABLE grants (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE TABLE holdings (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE TABLE passed_in (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE TABLE remote_sales (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE TABLE remote_handovers (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE TABLE exceptions (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE INDEX exceptions_listed ON exceptions (status, sort DESC, key);
CREATE INDEX exceptions_by_author ON exceptions (author, sort DESC, key);
CREATE TABLE balances (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE INDEX balances_by_author ON balances (author, key);
CREATE TABLE series (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
