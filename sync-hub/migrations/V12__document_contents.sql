-- What each document says, as the decoding worker read it: the hub's own process never reads a stranger's document.
-- Documents are made anew from their changes, all of which are kept.
DELETE FROM document;
ALTER TABLE document ADD COLUMN content bytea NOT NULL;
UPDATE document_progress SET position = 0;

-- Authors whose changes ended workers: from some number on they are set aside unread until a person lets them in.
CREATE TABLE document_author (
    node          uuid PRIMARY KEY,
    strikes       integer NOT NULL
);
