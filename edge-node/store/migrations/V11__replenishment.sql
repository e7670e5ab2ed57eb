-- What is on order of each article, and what was answered to the last proposal.

CREATE TABLE replenishments (
    author BLOB NOT NULL, key TEXT NOT NULL,
    status TEXT NOT NULL, sort INTEGER NOT NULL, text TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key, author)
) STRICT, WITHOUT ROWID;
