-- Vehicles, what is to be brought where and when, and the manifests that say which vehicle brings it.

CREATE TABLE vehicles (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE TABLE consignments (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE TABLE manifests (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE TABLE measures (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE TABLE depot_places (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE INDEX manifests_listed ON manifests (status, sort DESC, key);
CREATE INDEX manifests_by_author ON manifests (author, sort DESC, key);
