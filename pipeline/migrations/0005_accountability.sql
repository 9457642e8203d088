-- What each unit owes and what became of it.
CREATE SCHEMA IF NOT EXISTS accountability;

-- one row per unit, feed and period that is owed
CREATE TABLE accountability.obligations (
    unit_code       VARCHAR NOT NULL,
    feed            VARCHAR NOT NULL,
    period          VARCHAR NOT NULL,
    status          VARCHAR NOT NULL,       -- on_time | late | nil_on_time | nil_late | rejected | missing | not_due
    due_on          DATE NOT NULL,
    received_at     TIMESTAMPTZ,            -- of the first accepted or nil revision
    revision        INTEGER,                -- the current one; null where there is none
    row_count       INTEGER,                -- rows of the current content
    set_aside_count INTEGER,
    PRIMARY KEY (unit_code, feed, period)
);

-- one row per contract: what SQL needs to know of a feed
CREATE TABLE accountability.registers (
    feed         VARCHAR PRIMARY KEY,
    agency       VARCHAR NOT NULL,
    kind         VARCHAR NOT NULL,          -- birth | later_contact | reference
    catchment    VARCHAR,                   -- residence | provider
    due_every    VARCHAR NOT NULL,          -- month | year
    grace_months INTEGER NOT NULL,          -- after a birth's month, before a child is due in this register
    due_through  VARCHAR                    -- the latest period whose due date has passed; null where none has
);
