-- What hub and depot wrote about models, and what the models here said.

CREATE TABLE model_keys (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE published_models (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE model_orders (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE model_facts (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE model_lines (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;

-- One answered row each; the oldest go when there are too many. Local to the box: what the hub
-- hears are the sums of `model_day`.
CREATE TABLE prediction (
    id       INTEGER PRIMARY KEY,
    at_ms    INTEGER NOT NULL,
    model    TEXT NOT NULL,
    -- What it was about, such as an order; asked for again when the outcome is known.
    subject  TEXT NOT NULL,
    -- active, shadow or baseline
    role     TEXT NOT NULL,
    version  INTEGER,
    manifest BLOB,
    -- BLAKE3 of the features' bytes.
    features BLOB NOT NULL,
    -- Little-endian f32, one an output.
    outputs  BLOB NOT NULL,
    baseline BLOB NOT NULL,
    -- Why the baseline answered.
    reason   TEXT,
    actual   REAL,
    actual_ms INTEGER
) STRICT;
CREATE INDEX prediction_of_subject ON prediction (model, subject, id);
CREATE INDEX prediction_at ON prediction (at_ms);

-- Sums of one day, model, bundle and role.
CREATE TABLE model_day (
    day      INTEGER NOT NULL,
    model    TEXT NOT NULL,
    role     TEXT NOT NULL,
    manifest BLOB NOT NULL,
    rows     INTEGER NOT NULL,
    pairs    INTEGER NOT NULL,
    error    REAL NOT NULL,
    baseline_error REAL NOT NULL,
    covered  INTEGER NOT NULL,
    -- JSON: per column the counts of its bins and of what was missing.
    counts   TEXT NOT NULL,
    PRIMARY KEY (day, model, role, manifest)
) STRICT, WITHOUT ROWID;

-- What a bundle did since it was put where it is: whether it must go is decided by this.
CREATE TABLE model_standing (
    model    TEXT NOT NULL,
    manifest BLOB NOT NULL,
    role     TEXT NOT NULL,
    -- JSON: sums over pairs with the baseline, and adaptive windows over both errors.
    record   TEXT NOT NULL,
    PRIMARY KEY (model, manifest, role)
) STRICT, WITHOUT ROWID;

-- When the facts of a model were last written into the log, and in which words.
CREATE TABLE model_report (
    model    TEXT PRIMARY KEY,
    day      INTEGER NOT NULL,
    at_ms    INTEGER NOT NULL,
    said     TEXT NOT NULL
) STRICT, WITHOUT ROWID;
