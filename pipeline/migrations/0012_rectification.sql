-- What became of what was found: tickets and their history, grades' critical rule, roll-ups.

-- a period's own counts beside its trailing window's: what came in later is re-tested by itself
ALTER TABLE accountability.rule_results ADD COLUMN IF NOT EXISTS failed_of_period BIGINT;
ALTER TABLE accountability.rule_results ADD COLUMN IF NOT EXISTS evaluated_of_period BIGINT;

-- the first day on which the critical rule held for an obligation; null where it does not
ALTER TABLE accountability.grades ADD COLUMN IF NOT EXISTS critical_since DATE;

-- one row per change of a ticket: the tickets follow from these alone. A night adds its own, and writes them anew when
-- it is run again
CREATE TABLE accountability.ticket_events (
    night_no  INTEGER NOT NULL,
    event_no  INTEGER NOT NULL,             -- order within the night, from 1
    on_date   DATE NOT NULL,                -- the night's as-of day
    ticket_id VARCHAR NOT NULL,
    unit_code VARCHAR NOT NULL,
    feed      VARCHAR NOT NULL,
    period    VARCHAR NOT NULL,             -- of the ticket
    rule      VARCHAR NOT NULL,
    kind      VARCHAR NOT NULL,             -- event | alarm: what opened it
    event     VARCHAR NOT NULL,             -- opened | evidence_added | retested | overdue | closed | reopened
    detail    VARCHAR,                      -- what the re-test said, or why: passed | failed | too_few | no_longer_owed
    due_on    DATE,                         -- of opened and reopened
    items     VARCHAR[] NOT NULL,           -- columns or items that it is about from now on
    failed    BIGINT,                       -- of opened, reopened and evidence_added: the item furthest out of its limits;
    evaluated BIGINT,                       -- of a re-test: what came in since
    PRIMARY KEY (night_no, event_no)
);

-- one row per ticket as it stands, written anew by every night from the events
CREATE TABLE accountability.tickets (
    ticket_id      VARCHAR PRIMARY KEY,
    unit_code      VARCHAR NOT NULL,
    feed           VARCHAR NOT NULL,
    period         VARCHAR NOT NULL,        -- of an alarm, the last one of the window that opened it
    rule           VARCHAR NOT NULL,
    kind           VARCHAR NOT NULL,        -- event | alarm
    opened_on      DATE NOT NULL,
    since          DATE NOT NULL,           -- opened or last reopened; what came in later is evidence
    due_on         DATE NOT NULL,
    status         VARCHAR NOT NULL,        -- open | overdue | closed
    overdue_on     DATE,                    -- the first day after its due date on which a night found it open
    closed_on      DATE,
    reopened_count INTEGER NOT NULL,
    items          VARCHAR[] NOT NULL,
    failed         BIGINT NOT NULL,         -- when it was opened or last reopened
    evaluated      BIGINT NOT NULL,
    retest         VARCHAR,                 -- what the last re-test said: passed | failed | too_few; null before one
    owner_post     VARCHAR                  -- the responsible post of units.csv, where it names one
);

-- one row per township, or department, and period and measure: the units' trailing windows added up
CREATE TABLE accountability.division_results (
    division_kind VARCHAR NOT NULL,         -- township | department
    division_code VARCHAR NOT NULL,         -- the township's code; the department as units.csv names it, else the agency
    period        VARCHAR NOT NULL,
    measure       VARCHAR NOT NULL,
    units         INTEGER NOT NULL,         -- units with an obligation of that period
    judged        INTEGER NOT NULL,         -- their feeds of which there was enough to tell
    alarms        INTEGER NOT NULL,         -- of these, those in alarm
    numerator     BIGINT,
    denominator   BIGINT,
    value         DOUBLE,
    low           DOUBLE,                   -- 95 % interval; units and feeds are the clusters
    high          DOUBLE
);

-- one row per unit and feed of which records were verified on the spot; the verification of records writes it
CREATE TABLE casework.verification_findings (
    unit_code               VARCHAR NOT NULL,
    feed                    VARCHAR NOT NULL,
    confirmed_without_child INTEGER NOT NULL, -- records with no child behind them, by the originals
    due_on                  DATE NOT NULL,    -- the last day for the unit's answer
    answered_on             DATE              -- null where it has not answered
);

-- one row per unit that has feedback: the content that its last file holds
CREATE TABLE casework.feedback_files (
    unit_code  VARCHAR PRIMARY KEY,
    file_name  VARCHAR NOT NULL,
    digest     VARCHAR NOT NULL,              -- SHA-256 of the content
    written_on DATE NOT NULL                  -- the night's as-of day
);
