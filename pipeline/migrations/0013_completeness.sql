-- Completeness: how many births each register and all of them together hold, and how many nobody reported.

CREATE SCHEMA IF NOT EXISTS completeness;

-- one row per cohort year, division, register (or any) and estimator: every model, the published one marked
CREATE TABLE completeness.models (
    cohort        VARCHAR NOT NULL,         -- year of birth
    division_code VARCHAR NOT NULL,         -- the county, or a township
    register      VARCHAR NOT NULL,         -- the pair of a two-list estimator, as one+other; any of all registers
    method        VARCHAR NOT NULL,         -- vocabulary.py: Method
    model         VARCHAR NOT NULL,         -- its terms, in words; '' where the method has one form only
    treatment     VARCHAR NOT NULL,         -- weighted | unweighted | linkage_corrected: what was done to the counts
    observed      DOUBLE NOT NULL,          -- children in at least one of the lists, weighted where the treatment says so
    estimate      DOUBLE,                   -- births; null where there is too little to say anything
    low           DOUBLE,                   -- 95 % interval
    high          DOUBLE,
    parameters    INTEGER,
    aic           DOUBLE,
    bic           DOUBLE,
    weight        DOUBLE,                   -- in the average over models of its method
    is_lower_bound BOOLEAN NOT NULL,        -- "at least", not "about"
    is_published  BOOLEAN NOT NULL,
    PRIMARY KEY (cohort, division_code, register, method, model, treatment)
);

-- one row per cohort year, division and register (or any): the published estimate only
CREATE TABLE completeness.estimates (
    cohort              VARCHAR NOT NULL,
    division_code       VARCHAR NOT NULL,
    register            VARCHAR NOT NULL,
    method              VARCHAR NOT NULL,
    observed            BIGINT NOT NULL,    -- children whom it holds, those who may be invented by their chance to be genuine
    observed_unweighted BIGINT NOT NULL,    -- the same without weights
    estimate            DOUBLE,             -- births to residents in the cohort year; null where suppressed
    low                 DOUBLE,
    high                DOUBLE,
    estimate_unweighted DOUBLE,             -- as if no record were invented
    lowest_model        DOUBLE,             -- spread over the models that the data do not rule out
    highest_model       DOUBLE,
    awaited             DOUBLE NOT NULL,    -- of the estimate, births of young months that registers are still to report
    vintage             VARCHAR NOT NULL,   -- provisional | revised | final
    is_suppressed       BOOLEAN NOT NULL,
    PRIMARY KEY (cohort, division_code, register)
);

-- one row per change of a published estimate, kept for ever: the revision triangle
CREATE TABLE completeness.revisions (
    night_no      INTEGER NOT NULL,
    on_date       DATE NOT NULL,            -- the night's as-of day
    cohort        VARCHAR NOT NULL,
    division_code VARCHAR NOT NULL,
    register      VARCHAR NOT NULL,
    vintage       VARCHAR NOT NULL,
    observed      BIGINT NOT NULL,
    estimate      DOUBLE,
    low           DOUBLE,
    high          DOUBLE,
    reason        VARCHAR NOT NULL,         -- vocabulary.py: Reason
    PRIMARY KEY (night_no, cohort, division_code, register)
);

-- one row per register and month since birth: the share of its births that have come by the end of it
CREATE TABLE completeness.delays (
    register      VARCHAR NOT NULL,         -- or any: the first register that holds the child
    delay_months  INTEGER NOT NULL,         -- from the month of birth to the submission's
    births        BIGINT NOT NULL,          -- births of months old enough to tell
    reported      DOUBLE NOT NULL,          -- share of those who are ever reported, corrected for right truncation
    low           DOUBLE,
    high          DOUBLE,
    PRIMARY KEY (register, delay_months)
);

-- one row per cohort year and kind of record that is set apart, counted only
CREATE TABLE completeness.set_apart (
    cohort   VARCHAR NOT NULL,              -- year of birth; '' where unknown
    reason   VARCHAR NOT NULL,              -- non_resident | before_the_roll | birth_month_unknown
    children BIGINT NOT NULL,
    PRIMARY KEY (cohort, reason)
);
