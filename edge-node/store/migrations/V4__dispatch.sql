-- Vehicles, what is to be brought where and when, and the manifests that say which vehicle brings it.

CREATE TABLE vehicles (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE consignments (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE manifests (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE measures (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE depot_places (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
CREATE INDEX manifests_listed ON manifests (status, sort DESC, key);
CREATE INDEX manifests_newest ON manifests (sort DESC, key);
