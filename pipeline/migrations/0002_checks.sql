-- What the checks found, and the state of every revision.
CREATE SCHEMA IF NOT EXISTS checks;

-- one row per expectation and revision
CREATE TABLE checks.results (
    revision_id     BIGINT NOT NULL,
    unit_code       VARCHAR NOT NULL,
    feed            VARCHAR NOT NULL,
    period          VARCHAR NOT NULL,
    code            VARCHAR NOT NULL,       -- the expectation's code in expectations/<agency>/<feed>.yml
    column_name     VARCHAR,
    severity        VARCHAR NOT NULL,       -- row | file
    measure         VARCHAR NOT NULL,       -- item_completeness | validity | uniqueness: what a failure counts against
    evaluated_count INTEGER NOT NULL,
    failed_count    INTEGER NOT NULL,
    is_passed       BOOLEAN NOT NULL
);

-- one row per row, column and expectation that failed
CREATE TABLE checks.row_findings (
    revision_id BIGINT NOT NULL,
    row_no      INTEGER NOT NULL,
    line        INTEGER NOT NULL,
    code        VARCHAR NOT NULL,
    column_name VARCHAR
);

-- one row per row that is set aside, with the first reason in the contract's order of columns
-- (every reason is in row_findings)
CREATE TABLE checks.set_aside_rows (
    revision_id BIGINT NOT NULL,
    row_no      INTEGER NOT NULL,
    line        INTEGER NOT NULL,
    column_name VARCHAR,                    -- null where the row as a whole did not fit
    code        VARCHAR NOT NULL            -- required_blank | required_unreadable | too_many_cells
);

-- one row per revision
CREATE TABLE checks.submission_states (
    revision_id     BIGINT PRIMARY KEY,
    unit_code       VARCHAR NOT NULL,
    feed            VARCHAR NOT NULL,
    period          VARCHAR NOT NULL,
    revision        INTEGER NOT NULL,
    state           VARCHAR NOT NULL,       -- pipeline/checks/vocabulary.py lists them
    first_state     VARCHAR NOT NULL,       -- the state it took on arrival, before it may have been superseded
    reason_code     VARCHAR,
    is_current      BOOLEAN NOT NULL,       -- its rows are part of the submission's current content
    same_bytes_as   BIGINT,                 -- another unit's or period's revision with the same bytes
    dropped_count   INTEGER,                -- record numbers of the then current content that it does not have
    row_count       INTEGER NOT NULL,
    set_aside_count INTEGER NOT NULL,
    decision_no     BIGINT,                 -- the last decision on it that was heeded
    arrived_at      TIMESTAMPTZ NOT NULL
);

-- revisions whose rows are read from here on
CREATE VIEW checks.current_revisions AS
SELECT revision_id, unit_code, feed, period, revision, arrived_at FROM checks.submission_states WHERE is_current;
