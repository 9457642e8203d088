-- One record per child: the pairs that were scored, the children they make, and what became of each child.
CREATE SCHEMA IF NOT EXISTS linkage;

-- one row per pair of records that was found and scored at or above the lowest kept probability, or is one child's
CREATE TABLE linkage.pairs (
    record_key_l      BIGINT NOT NULL,
    record_key_r      BIGINT NOT NULL,
    match_weight      DOUBLE NOT NULL,      -- log2 odds of one child against strangers, siblings and twins
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

-- one row per row of child_records: what linkage itself remembers of it
CREATE TABLE linkage.record_states (
    record_key  BIGINT PRIMARY KEY,
    fingerprint BIGINT NOT NULL,            -- of all that linkage reads of the record: tells a changed one
    margin_bits DOUBLE                      -- by how much this child beats the next best; null where none competed
);

-- one row per thing that happened to a child's identity
CREATE TABLE linkage.identity_events (
    night_no    INTEGER NOT NULL,
    event       VARCHAR NOT NULL,           -- minted | joined | left | merged | split
    child_id    VARCHAR NOT NULL,
    record_key  BIGINT,                     -- the record that joined or left, or that the child was minted from
    other_child VARCHAR                     -- merged into, split from, came from (joined), went to (left)
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
