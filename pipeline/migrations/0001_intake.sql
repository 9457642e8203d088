-- What came in. Every table here is a projection of archive/ledger.jsonl and the archive's copies:
-- it can be dropped and filled again. raw_<feed> tables are made from the contracts, not here.
CREATE SCHEMA IF NOT EXISTS intake;

-- one row per landed file that intake has seen
CREATE TABLE intake.receipts (
    receipt_no      BIGINT PRIMARY KEY,     -- the ledger's sequence number of this file
    unit_code       VARCHAR NOT NULL,       -- the folder it lay in
    file_name       VARCHAR NOT NULL,
    file_bytes      BIGINT NOT NULL,
    arrived_at      TIMESTAMPTZ NOT NULL,   -- by the county's arrival clock, fixed at first sight
    original_sha256 VARCHAR,                -- null where the file was not read at all (a link, over the limit)
    copy_sha256     VARCHAR,                -- the allow-listed copy in the archive; null where nothing was parsed
    feed            VARCHAR,                -- null where the name does not say
    period          VARCHAR,                -- YYYY-MM or YYYY
    suffix          VARCHAR,
    is_supplement   BOOLEAN NOT NULL,
    outcome         VARCHAR NOT NULL,       -- parsed | nil | unreadable | not_parsed
    reason_code     VARCHAR,                -- why not, see pipeline/intake/reasons.yaml
    reason_detail   JSON,                   -- figures and headers that fill the reason's sentence; never a cell's value
    row_count       INTEGER NOT NULL,
    file_format     VARCHAR,                -- csv | xlsx
    encoding        VARCHAR,
    ignored_headers VARCHAR[] NOT NULL,
    refused_headers VARCHAR[] NOT NULL,
    blanked_cells   INTEGER NOT NULL,
    is_loaded       BOOLEAN NOT NULL,       -- whether its rows are in the raw table
    sheet           VARCHAR,                -- the sheet that was read; null for CSV
    notes           VARCHAR[] NOT NULL,     -- codes of what the receipt remarks on a file that was taken
    reading_no      BIGINT NOT NULL         -- the ledger's number of the reading: the receipt's, or that of a later one
);

-- one row per file that names a submission this unit may make: its revisions, whatever became of them
CREATE VIEW intake.revisions AS
SELECT
    receipt_no AS revision_id, unit_code, feed, period,
    row_number() OVER (PARTITION BY unit_code, feed, period ORDER BY arrived_at, file_name, receipt_no) AS revision,
    file_name, suffix, is_supplement, arrived_at, original_sha256, copy_sha256, outcome, reason_code, reason_detail,
    row_count, ignored_headers, refused_headers, blanked_cells
FROM intake.receipts
WHERE outcome IN ('parsed', 'nil', 'unreadable');

-- what people said of a submission through the command line (confirm, withdraw)
CREATE TABLE intake.decisions (
    decision_no BIGINT PRIMARY KEY,         -- the ledger's sequence number
    unit_code   VARCHAR NOT NULL,
    feed        VARCHAR NOT NULL,
    period      VARCHAR NOT NULL,
    revision_id BIGINT NOT NULL,
    decision    VARCHAR NOT NULL,           -- confirm | withdraw
    decided_by  VARCHAR NOT NULL,
    note        VARCHAR
);

-- rows that could not be cut into the header's columns: kept whole, so that nothing is lost
CREATE TABLE intake.misfit_rows (
    revision_id BIGINT NOT NULL,
    row_no      INTEGER NOT NULL,
    line        INTEGER NOT NULL,
    code        VARCHAR NOT NULL            -- too_many_cells
);
