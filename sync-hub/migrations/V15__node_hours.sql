-- How each box did, by the hour: for the plots of the fleet page. Not part of the log: it may be
-- lost without anything being lost.
CREATE TABLE node_hour (
    node          uuid NOT NULL,
    -- Hours since 1970-01-01 UTC.
    hour          bigint NOT NULL,
    -- The worst of the hour.
    lag_ms_max    bigint NOT NULL DEFAULT 0,
    unsent_max    bigint NOT NULL DEFAULT 0,
    -- At its end.
    quarantined   bigint NOT NULL DEFAULT 0,
    entries       bigint NOT NULL DEFAULT 0,
    -- Over its link, both ways.
    link_bytes    bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (node, hour)
);
