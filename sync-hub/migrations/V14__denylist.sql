-- Every list of shut out nodes that this region signed. The newest says all that the others say.
CREATE TABLE denylist (
    version   bigint PRIMARY KEY,
    bytes     bytea NOT NULL,
    issued_ms bigint NOT NULL
);
