-- What has gone out to the units.
CREATE SCHEMA IF NOT EXISTS casework;

-- one row per receipt whose page was written; a page is written anew when the file was read again or its wait is over
CREATE TABLE casework.receipt_pages (
    receipt_no BIGINT PRIMARY KEY,
    reading_no BIGINT NOT NULL,             -- intake's number of the reading that the page shows
    state      VARCHAR                      -- of the revision, when the page was written; null where it is none
);
