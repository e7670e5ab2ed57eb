-- The registry of models: bundles, who proposed and who approved their use, and what depots say of them.

-- Files of bundles by the hash of their bytes, in pieces: a node asks for them from any place on.
CREATE TABLE model_blob (
    sha256        bytea PRIMARY KEY CHECK (length(sha256) = 32),
    bytes         bigint NOT NULL CHECK (bytes >= 0)
);
CREATE TABLE model_piece (
    sha256        bytea NOT NULL REFERENCES model_blob (sha256),
    piece         integer NOT NULL,
    bytes         bytea NOT NULL,
    PRIMARY KEY (sha256, piece)
);

CREATE TABLE model_version (
    model         text NOT NULL,
    version       bigint NOT NULL CHECK (version > 0),
    manifest      bytea NOT NULL REFERENCES model_blob (sha256),
    -- The manifest's own text, as it is signed.
    manifest_text text NOT NULL,
    card          text NOT NULL,
    reference     text,
    manifest_bytes bigint NOT NULL,
    bundle_bytes  bigint NOT NULL,
    -- Whose signature the imported bundle had.
    signer        bytea NOT NULL CHECK (length(signer) = 32),
    imported_by   text NOT NULL,
    imported_ms   bigint NOT NULL,
    PRIMARY KEY (model, version)
);

CREATE TABLE model_ring (
    ring          text PRIMARY KEY,
    who           text NOT NULL,
    changed_ms    bigint NOT NULL
);
CREATE TABLE model_ring_site (
    ring          text NOT NULL REFERENCES model_ring (ring) ON DELETE CASCADE,
    site          text NOT NULL,
    PRIMARY KEY (ring, site)
);

-- Every order that was asked for. What puts a version into depots needs a second person; what only
-- takes one out of use does not, and is 'ordered' at once.
CREATE TABLE model_proposal (
    id            uuid PRIMARY KEY,
    model         text NOT NULL,
    version       bigint NOT NULL,
    step          text NOT NULL
                  CHECK (step IN ('shadow', 'activate', 'pause', 'resume', 'rollback')),
    ring          text NOT NULL,
    note          text NOT NULL,
    status        text NOT NULL CHECK (status IN ('open', 'approved', 'rejected', 'ordered')),
    proposed_by   text NOT NULL,
    proposed_ms   bigint NOT NULL,
    decided_by    text,
    decided_ms    bigint,
    decision_note text NOT NULL DEFAULT '',
    -- Of the order in the hub's log, once it was given.
    number        bigint,
    FOREIGN KEY (model, version) REFERENCES model_version (model, version),
    CHECK (status = 'open' OR decided_by IS NOT NULL),
    -- Two persons, whatever the programs above may say.
    CHECK (status <> 'approved' OR decided_by <> proposed_by),
    CHECK (status <> 'ordered' OR step IN ('pause', 'rollback'))
);
CREATE INDEX model_proposal_at ON model_proposal (proposed_ms DESC, id);
CREATE INDEX model_proposal_open ON model_proposal (model) WHERE status = 'open';

-- Which version is called what: the champion is in use everywhere, a challenger is tried.
CREATE TABLE model_alias (
    model         text NOT NULL,
    alias         text NOT NULL CHECK (alias IN ('champion', 'challenger')),
    version       bigint NOT NULL,
    set_ms        bigint NOT NULL,
    PRIMARY KEY (model, alias),
    FOREIGN KEY (model, version) REFERENCES model_version (model, version)
);

-- Records, as in V1.
CREATE TABLE model_keys (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE TABLE published_models (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE TABLE model_orders (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
CREATE TABLE model_facts (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
-- A model's days, newest first: what plots and lists are drawn from.
CREATE INDEX model_facts_of_model ON model_facts (text, sort DESC, author);
CREATE TABLE model_lines (
    author uuid NOT NULL, key text NOT NULL,
    status text NOT NULL, sort bigint NOT NULL, text text NOT NULL,
    epoch integer NOT NULL, seq bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (key, author)
);
