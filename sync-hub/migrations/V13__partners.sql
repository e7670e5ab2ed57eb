-- How far each log was handed on to partners. A chain's entries are handed on in their order, and
-- none twice: progress moves in one transaction with what the stream acknowledged.
CREATE TABLE partner_progress (
    node          uuid NOT NULL,
    epoch         integer NOT NULL,
    seq           bigint NOT NULL,
    PRIMARY KEY (node, epoch)
);

-- Locked by the one process that hands on. `last_sequence` is the stream's after our last message.
CREATE TABLE partner_stream (
    stream        text PRIMARY KEY,
    last_sequence bigint NOT NULL,
    began_ms      bigint NOT NULL,
    handed_on_ms  bigint
);
