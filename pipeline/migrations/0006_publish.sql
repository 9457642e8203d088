-- What is needed to publish, and which nights did.
CREATE SCHEMA IF NOT EXISTS publish;

-- one row per child: the pseudonym under which analysts meet it
CREATE TABLE publish.child_keys (
    child_id  VARCHAR PRIMARY KEY,
    child_key VARCHAR NOT NULL UNIQUE
);

-- one row per night that changed something
CREATE TABLE publish.nights (
    night_no        INTEGER PRIMARY KEY,
    run_id          VARCHAR NOT NULL,
    as_of           DATE NOT NULL,
    started_at      TIMESTAMPTZ NOT NULL,
    ended_at        TIMESTAMPTZ,
    records_new     BIGINT,
    records_changed BIGINT,
    model_version   VARCHAR,
    release         VARCHAR,
    fingerprint     VARCHAR
);

-- settings of county.yaml that SQL after linkage needs, written anew each night
CREATE TABLE publish.settings (
    name  VARCHAR PRIMARY KEY,
    value DOUBLE NOT NULL
);
