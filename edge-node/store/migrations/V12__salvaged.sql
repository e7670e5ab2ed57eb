-- Own entries that a repair found beyond the damage. They wait until the hub has given back what is
-- missing before them; what the hub does not hold is then written anew under the current epoch.

CREATE TABLE salvaged (
    epoch    INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    bytes    BLOB NOT NULL,
    PRIMARY KEY (epoch, seq)
) STRICT, WITHOUT ROWID;
