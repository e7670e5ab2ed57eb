-- Who may use this depot's pages. Local to the box: never in the log, never sent to the hub.
--
-- A moment is one text, `<wall ms> <ms since boot> <boot id>`, so that a span can be judged by a
-- clock that nobody can set (identity/moment.rs).

CREATE TABLE staff_credential (
    staff      BLOB PRIMARY KEY CHECK (length(staff) = 16),
    phc        TEXT NOT NULL,
    changed_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
    device     BLOB PRIMARY KEY CHECK (length(device) = 16),
    token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    name       TEXT NOT NULL,
    paired_ms  INTEGER NOT NULL,
    revoked_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE pairing_code (
    code_hash BLOB PRIMARY KEY CHECK (length(code_hash) = 32),
    minted    TEXT NOT NULL
) STRICT;

CREATE TABLE sign_in_tries (
    staff    BLOB NOT NULL,
    device   BLOB NOT NULL,
    charged  INTEGER NOT NULL,
    pause_ms INTEGER NOT NULL,
    at       TEXT NOT NULL,
    PRIMARY KEY (staff, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    token_hash BLOB PRIMARY KEY CHECK (length(token_hash) = 32),
    staff      BLOB NOT NULL,
    device     BLOB NOT NULL UNIQUE,
    started    TEXT NOT NULL,
    used       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_of_staff ON session (staff);
