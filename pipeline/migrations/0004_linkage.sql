-- One record per child: the pairs that were scored, the children they make, and what became of each child.
CREATE SCHEMA IF NOT EXISTS linkage;

-- one row per pair of records scored at or above the model's lowest kept probability
CREATE TABLE linkage.pairs (
    record_key_l      BIGINT NOT NULL,
    record_key_r      BIGINT NOT NULL,
    match_weight      DOUBLE NOT NULL,
    match_probability DOUBLE NOT NULL,
    blocking_rule     VARCHAR NOT NULL
);

-- one row per current birth or later-contact record, stillbirths excepted
CREATE TABLE linkage.child_records (
    record_key BIGINT PRIMARY KEY,
    feed       VARCHAR NOT NULL,
    record_no  VARCHAR NOT NULL,
    unit_code  VARCHAR NOT NULL,
    period     VARCHAR NOT NULL,
    child_id   VARCHAR NOT NULL
);

-- one row per thing that happened to a child's identity
CREATE TABLE linkage.identity_events (
    night_no    INTEGER NOT NULL,
    event       VARCHAR NOT NULL,           -- minted | joined | left | merged | split
    child_id    VARCHAR NOT NULL,
    record_key  BIGINT,
    other_child VARCHAR                     -- the identity it was merged into or split from
);

-- one row per night that linked, and stratum
CREATE TABLE linkage.quality (
    run_id             VARCHAR NOT NULL,
    stratum            VARCHAR NOT NULL,
    records            BIGINT NOT NULL,
    clusters           BIGINT NOT NULL,
    expected_precision DOUBLE,
    expected_recall    DOUBLE,
    reviewed_pairs     INTEGER NOT NULL
);
