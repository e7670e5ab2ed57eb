-- Who may use the console. Times are the database's own, the one clock that several hub processes
-- have in common.

CREATE TABLE console_user (
    name       text PRIMARY KEY,
    phc        text NOT NULL,
    changed    timestamptz NOT NULL,
    -- Wrong tries since the last right password, and the pause that the newest began.
    charged    integer NOT NULL DEFAULT 0,
    pause_ms   bigint NOT NULL DEFAULT 0,
    tried      timestamptz
);

CREATE TABLE console_session (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    name       text NOT NULL REFERENCES console_user (name) ON DELETE CASCADE,
    started    timestamptz NOT NULL,
    used       timestamptz NOT NULL
);
CREATE INDEX console_session_name ON console_session (name);
