-- What is on order of each article, and what was answered to the last proposal.

CREATE TABLE replenishments (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
