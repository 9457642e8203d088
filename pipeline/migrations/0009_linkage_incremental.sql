-- What a night of linkage keeps for the next, so that only new and changed records are scored again.

-- raw weights: what is known of the delivery turns them into match_weight, and may change while the pair does not
ALTER TABLE linkage.pairs ADD COLUMN delivery_weight DOUBLE;  -- bits of one delivery against strangers and siblings
ALTER TABLE linkage.pairs ADD COLUMN twins_weight DOUBLE;     -- bits of one child against twins, delivery unknown

-- keys without an index: rows are taken out and put back by the thousand, and never looked up one by one
CREATE TABLE linkage.states_without_key (
    record_key  BIGINT NOT NULL,
    fingerprint BIGINT NOT NULL,            -- of all that linkage reads of the record: tells a changed one
    component   BIGINT NOT NULL,            -- the smallest key among the records that links connect with it
    margin_bits DOUBLE,                     -- by how much this child beats the next best; null where none competed
    traits      UTINYINT NOT NULL           -- of the record and its child, as bits: see pipeline/linkage/review/expected_quality.py
);
DROP TABLE linkage.record_states;
ALTER TABLE linkage.states_without_key RENAME TO record_states;

CREATE TABLE linkage.child_records_without_key AS FROM linkage.child_records ORDER BY record_key;
DROP TABLE linkage.child_records;
ALTER TABLE linkage.child_records_without_key RENAME TO child_records;
ALTER TABLE linkage.child_records ALTER record_key SET NOT NULL;
ALTER TABLE linkage.child_records ALTER feed SET NOT NULL;
ALTER TABLE linkage.child_records ALTER record_no SET NOT NULL;
ALTER TABLE linkage.child_records ALTER unit_code SET NOT NULL;
ALTER TABLE linkage.child_records ALTER period SET NOT NULL;
ALTER TABLE linkage.child_records ALTER child_id SET NOT NULL;

-- one row: under what all pairs were scored; where tonight's differs, everything is scored again
CREATE TABLE linkage.state (
    model_version VARCHAR NOT NULL,
    digest        VARCHAR NOT NULL          -- of model, ladders, blocking rules, settings, code and engine
);

-- one row per review decision that the standing partition obeys
CREATE TABLE linkage.constraints_obeyed (
    record_key_l BIGINT NOT NULL,
    record_key_r BIGINT NOT NULL,
    is_same      BOOLEAN NOT NULL,
    entry        BIGINT NOT NULL
);

-- one row per stratum: sums that quality is made of, exact, so that a night adds and takes away
CREATE TABLE linkage.quality_sums (
    stratum      VARCHAR NOT NULL,
    records      BIGINT NOT NULL,
    clusters     BIGINT NOT NULL,
    pairs_inside BIGINT NOT NULL,           -- pairs of one child's records
    inside       DECIMAL(38, 12) NOT NULL,  -- their probabilities added up
    everywhere   DECIMAL(38, 12) NOT NULL   -- those of all pairs
);

-- one row per row of child_records: its blocking keys; the columns follow the blocking rules, and are made with them
CREATE TABLE linkage.blocking_keys (record_key BIGINT NOT NULL);
