-- Clerical review. Every table here follows from archive/ledger.jsonl and the batches in archive/reviews/ (the last
-- two from linkage too): it is written anew each night.

-- one row per answer that stands in a returned workbook and was not withdrawn
CREATE TABLE casework.review_answers (
    entry                 BIGINT NOT NULL,  -- the ledger's number of the workbook that gave it
    batch                 VARCHAR NOT NULL,
    pair                  VARCHAR NOT NULL, -- the pair's name in the workbook
    reviewer              VARCHAR NOT NULL,
    record_key_l          BIGINT NOT NULL,
    record_key_r          BIGINT NOT NULL,
    answer                VARCHAR NOT NULL, -- same | different | cannot_tell
    reason                VARCHAR NOT NULL, -- why the pair was asked
    sample                VARCHAR,          -- the stratum that it was drawn from at random; null where it was chosen
    inclusion_probability DOUBLE,           -- of that draw
    answered_on           DATE NOT NULL
);

-- one row per pair on which a decision stands: what linkage obeys
CREATE TABLE casework.link_constraints (
    record_key_l BIGINT NOT NULL,
    record_key_r BIGINT NOT NULL,
    is_same      BOOLEAN NOT NULL,
    decided_on   DATE NOT NULL,
    entry        BIGINT NOT NULL            -- the ledger's number of the workbook that made it a decision
);

-- one row per standing decision that something now speaks against
CREATE TABLE casework.contradicted_decisions (
    record_key_l BIGINT NOT NULL,
    record_key_r BIGINT NOT NULL,
    pair         VARCHAR NOT NULL,
    is_same      BOOLEAN NOT NULL,
    entry        BIGINT NOT NULL,
    reason       VARCHAR NOT NULL           -- not_obeyed | hard_conflict | record_changed | weight_against
);

-- one row per night and part of the links; figures are null where too few sampled pairs were reviewed
CREATE TABLE casework.reviewed_quality (
    run_id                  VARCHAR NOT NULL,
    stratum                 VARCHAR NOT NULL,
    reviewed_pairs          INTEGER NOT NULL,
    reviewed_precision      DOUBLE,
    reviewed_precision_low  DOUBLE,
    reviewed_precision_high DOUBLE,
    reviewed_recall         DOUBLE,
    reviewed_recall_low     DOUBLE,
    reviewed_recall_high    DOUBLE
);
