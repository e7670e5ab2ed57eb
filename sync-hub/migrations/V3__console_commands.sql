-- What people did at the console: by whom and when, and what makes the same request sent twice one.

CREATE TABLE console_command (
    id            uuid PRIMARY KEY,
    name          text NOT NULL,
    body_hash     bytea NOT NULL CHECK (length(body_hash) = 32),
    who           text NOT NULL,
    at_ms         bigint NOT NULL,
    -- The answer. Never holds a secret: an invitation's text is shown once and kept nowhere.
    reply         text NOT NULL,
    -- Of an invitation: sent again, it takes the place of the first one, if that is unused.
    token_hash    bytea
);
CREATE INDEX console_command_at ON console_command (at_ms DESC, id);

-- What the hub's people decided about exceptions of depots. The depot's own record is the depot's.
CREATE TABLE exception_resolution (
    node          uuid NOT NULL,
    exception     text NOT NULL,
    resolution    text NOT NULL CHECK (resolution IN ('accept', 'compensate', 'reverse')),
    note          text NOT NULL,
    who           text NOT NULL,
    resolved_ms   bigint NOT NULL,
    command       uuid NOT NULL REFERENCES console_command (id),
    PRIMARY KEY (node, exception)
);
