-- Back-to-back verification: a round is drawn, two teams look at documents, blind to each other, and what they found is
-- measured. Every table of casework here follows from archive/ledger.jsonl and the files in archive/reviews/; it is
-- written anew each night, as those of completeness are from them and the links.
CREATE SCHEMA IF NOT EXISTS completeness;

-- one row per round that was drawn
CREATE TABLE casework.verification_rounds (
    round           VARCHAR PRIMARY KEY,
    run_id          VARCHAR NOT NULL,       -- the night whose links it was drawn from
    drawn_on        DATE NOT NULL,          -- that night's as-of day
    due_on          DATE NOT NULL,          -- the last day on which a facility may show its documents
    seed            BIGINT NOT NULL,
    per_township    INTEGER NOT NULL,
    villages        INTEGER NOT NULL,       -- of the area canvass; 0 where there is none
    village_count   INTEGER NOT NULL,       -- villages that they were drawn from
    entry           BIGINT NOT NULL         -- the ledger's number of the draw
);

-- one row per round, stratum and township: what was drawn of how many
CREATE TABLE casework.verification_strata (
    round         VARCHAR NOT NULL,
    stratum       VARCHAR NOT NULL,
    kind          VARCHAR NOT NULL,         -- likely_omission | uncorroborated | known_good | control
    township_code VARCHAR NOT NULL,
    population    INTEGER NOT NULL,         -- records, or gaps (child and register)
    drawn         INTEGER NOT NULL,
    PRIMARY KEY (round, stratum, township_code)
);

-- one row per case: a document at a facility, and a register that is asked about beside it
CREATE TABLE casework.verification_cases (
    round                 VARCHAR NOT NULL,
    case_no               VARCHAR NOT NULL,
    stratum               VARCHAR NOT NULL,
    kind                  VARCHAR NOT NULL,
    inclusion_probability DOUBLE NOT NULL,
    township_code         VARCHAR NOT NULL, -- the child's, when the round was drawn
    unit_code             VARCHAR NOT NULL, -- the facility whose document it is
    feed                  VARCHAR NOT NULL,
    period                VARCHAR NOT NULL,
    record_key            BIGINT NOT NULL,  -- the record that the document stands behind
    record_no             VARCHAR NOT NULL,
    child_id              VARCHAR NOT NULL, -- when the round was drawn
    register              VARCHAR NOT NULL, -- of a likely omission, the one that lacks the child; else one asked about to blind
    PRIMARY KEY (round, case_no)
);

-- one row per case and team that handed an answer in
CREATE TABLE casework.verification_answers (
    round        VARCHAR NOT NULL,
    case_no      VARCHAR NOT NULL,
    team         VARCHAR NOT NULL,          -- A | B | adjudicator
    document     VARCHAR NOT NULL,          -- found | absent | not_shown | cannot_tell
    sex          VARCHAR,                   -- on the document: 1 | 2 | not_stated; null where none was found
    birth_date   DATE,                      -- on the document
    lives_here   VARCHAR,                   -- yes | no | not_stated
    is_held      VARCHAR,                   -- yes | no | not_stated: papers show the child in the register asked about
    number_there VARCHAR,                   -- under which number
    answered_on  DATE NOT NULL,
    entry        BIGINT NOT NULL,           -- the ledger's number of the workbook
    PRIMARY KEY (round, case_no, team)
);

-- one row per case on which the teams agree, or the adjudicator has spoken: the answer that counts
CREATE TABLE casework.verification_outcomes (
    round        VARCHAR NOT NULL,
    case_no      VARCHAR NOT NULL,
    document     VARCHAR NOT NULL,
    sex          VARCHAR,
    birth_date   DATE,
    lives_here   VARCHAR,
    is_held      VARCHAR,
    number_there VARCHAR,
    settled_on   DATE NOT NULL,
    entry        BIGINT NOT NULL,
    PRIMARY KEY (round, case_no)
);

-- one row per round, unit and feed of which the documents behind records were asked for: what the critical rule of
-- grades reads
DROP TABLE IF EXISTS casework.verification_findings;
CREATE TABLE casework.verification_findings (
    round                   VARCHAR NOT NULL,
    unit_code               VARCHAR NOT NULL,
    feed                    VARCHAR NOT NULL,
    confirmed_without_child INTEGER NOT NULL, -- records with no document behind them: two teams, or the adjudicator
    due_on                  DATE NOT NULL,    -- the last day for showing its documents
    answered_on             DATE,             -- null while it has shown some of them to neither team
    PRIMARY KEY (round, unit_code, feed)
);

-- one row per village of an area canvass
CREATE TABLE casework.canvass_villages (
    round                 VARCHAR NOT NULL,
    village_code          VARCHAR NOT NULL,
    township_code         VARCHAR NOT NULL,
    inclusion_probability DOUBLE NOT NULL,
    is_returned           BOOLEAN NOT NULL,   -- a returned workbook says that it was walked through
    PRIMARY KEY (round, village_code)
);

-- one row per child under two that a canvass met
CREATE TABLE casework.canvass_children (
    round        VARCHAR NOT NULL,
    village_code VARCHAR NOT NULL,
    line         INTEGER NOT NULL,            -- row of the workbook
    sex          VARCHAR NOT NULL,
    birth_month  VARCHAR NOT NULL,            -- YYYY-MM
    link_token   VARCHAR,                     -- last characters of a number on the child's papers; null where it has none
    PRIMARY KEY (round, village_code, line)
);

-- one row per settled case that was drawn from a record: whether a document stands behind it
CREATE TABLE completeness.verified_records (
    round                 VARCHAR NOT NULL,
    unit_code             VARCHAR NOT NULL,
    feed                  VARCHAR NOT NULL,
    period                VARCHAR NOT NULL,
    record_key            BIGINT NOT NULL,
    is_genuine            BOOLEAN NOT NULL,
    inclusion_probability DOUBLE NOT NULL,
    on_date               DATE NOT NULL
);

-- one row per settled case that was drawn from a likely omission
CREATE TABLE completeness.verified_gaps (
    round                 VARCHAR NOT NULL,
    child_id              VARCHAR NOT NULL,   -- as linkage names the child now
    register              VARCHAR NOT NULL,
    is_child              BOOLEAN NOT NULL,   -- a document shows that there is a child
    is_resident           BOOLEAN,            -- it shows that the family lives in the county; null where it does not say
    held_elsewhere        BOOLEAN,            -- papers show the child in the register after all; null where they do not say
    inclusion_probability DOUBLE NOT NULL,
    on_date               DATE NOT NULL
);

-- one row per child under two that an area canvass met: an independent list
CREATE TABLE completeness.canvass (
    round                 VARCHAR NOT NULL,
    village_code          VARCHAR NOT NULL,
    inclusion_probability DOUBLE NOT NULL,    -- of the village
    link_token            VARCHAR,
    sex                   VARCHAR NOT NULL,
    birth_month           VARCHAR NOT NULL,
    child_id              VARCHAR             -- null when unmatched
);

-- one row per round and township: answers, agreement of the two teams, and the verification factor
CREATE TABLE completeness.verification_results (
    round                    VARCHAR NOT NULL,
    township_code            VARCHAR NOT NULL,
    cases                    INTEGER NOT NULL,
    returned                 INTEGER NOT NULL, -- answered by both teams
    settled                  INTEGER NOT NULL, -- with a document found or absent, by both teams or the adjudicator
    in_dispute               INTEGER NOT NULL, -- waiting for the adjudicator
    agreement                DOUBLE,
    kappa                    DOUBLE,
    ac1                      DOUBLE,
    content_agreement        DOUBLE,           -- of sexes and days of birth on found documents, those that the record has too
    reported                 INTEGER NOT NULL, -- records of the township that the round was drawn from
    recounted                DOUBLE,
    verification_factor      DOUBLE,
    verification_factor_low  DOUBLE,
    verification_factor_high DOUBLE,
    PRIMARY KEY (round, township_code)
);

-- one row per round, unit, feed and period of which a record was verified
CREATE TABLE completeness.verification_factors (
    round     VARCHAR NOT NULL,
    unit_code VARCHAR NOT NULL,
    feed      VARCHAR NOT NULL,
    period    VARCHAR NOT NULL,
    drawn     INTEGER NOT NULL,
    settled   INTEGER NOT NULL,
    recounted DOUBLE NOT NULL,                 -- weighted
    reported  DOUBLE NOT NULL,                 -- weighted
    factor    DOUBLE NOT NULL,
    low       DOUBLE NOT NULL,
    high      DOUBLE NOT NULL,
    PRIMARY KEY (round, unit_code, feed, period)
);

-- one row per round and quantity: an estimate of the total in the county, from the round alone
CREATE TABLE completeness.verification_totals (
    round      VARCHAR NOT NULL,
    quantity   VARCHAR NOT NULL,               -- genuine_records | true_omissions | canvassed_children | canvassed_known
    population INTEGER NOT NULL,               -- records, gaps or villages that it was drawn from
    drawn      INTEGER NOT NULL,
    answered   INTEGER NOT NULL,
    total      DOUBLE NOT NULL,
    low        DOUBLE NOT NULL,
    high       DOUBLE NOT NULL,
    PRIMARY KEY (round, quantity)
);
