-- The logs that this node holds, and the records that they add up to.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE log (
    node     BLOB NOT NULL,
    epoch    INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    bytes    BLOB NOT NULL,
    -- Whether its facts are in the records; an entry of a later schema waits for the upgrade.
    projected INTEGER NOT NULL,
    PRIMARY KEY (node, epoch, seq)
) STRICT, WITHOUT ROWID;

-- Own commands by the id that the client minted: the answer given, for whoever asks again.
CREATE TABLE command (
    id       BLOB PRIMARY KEY,
    body_hash BLOB NOT NULL,
    epoch    INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    reply    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE seal (
    node     BLOB NOT NULL,
    epoch    INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (node, epoch, seq)
) STRICT, WITHOUT ROWID;

-- What the hub has committed of the own log.
CREATE TABLE acked (
    epoch    INTEGER NOT NULL,
    first    INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    PRIMARY KEY (epoch, first)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
    id       INTEGER PRIMARY KEY,
    node     BLOB NOT NULL,
    epoch    INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    reason   TEXT NOT NULL,
    bytes    BLOB NOT NULL,
    received_ms INTEGER NOT NULL,
    UNIQUE (node, epoch, seq, hash)
) STRICT;

-- Own entries that were written anew under a later epoch, kept as they were.
CREATE TABLE superseded (
    epoch    INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    bytes    BLOB NOT NULL,
    PRIMARY KEY (epoch, seq, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE document (
    document BLOB PRIMARY KEY,
    kind     TEXT NOT NULL,
    saved    BLOB NOT NULL,
    name     TEXT NOT NULL,
    text     TEXT NOT NULL,
    epoch    INTEGER NOT NULL,
    seq      INTEGER NOT NULL
) STRICT;
CREATE INDEX document_listed ON document (kind, name, document);

CREATE TABLE digest (
    author   BLOB PRIMARY KEY,
    digest   BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Records: one table a kind, all of one shape. A record belongs to one author's log.
CREATE TABLE articles (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE price_books (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE prices (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE staff (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE peers (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE orders (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_listed ON orders (status, sort DESC, key);
CREATE INDEX orders_newest ON orders (sort DESC, key);
CREATE TABLE stock (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE receipts (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE INDEX receipts_listed ON receipts (status, sort DESC, key);
CREATE INDEX receipts_newest ON receipts (sort DESC, key);
CREATE TABLE counts (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE INDEX counts_listed ON counts (status, sort DESC, key);
CREATE INDEX counts_newest ON counts (sort DESC, key);
CREATE TABLE riders (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE tasks (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE INDEX tasks_listed ON tasks (status, key);
CREATE TABLE handovers (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE INDEX handovers_listed ON handovers (status, sort DESC, key);
CREATE INDEX handovers_newest ON handovers (sort DESC, key);
CREATE TABLE deposits (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE rights (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE grants (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE holdings (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE passed_in (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE remote_sales (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE remote_handovers (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE exceptions (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE INDEX exceptions_listed ON exceptions (status, sort DESC, key);
CREATE INDEX exceptions_newest ON exceptions (sort DESC, key);
CREATE TABLE balances (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE series (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
