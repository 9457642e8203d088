-- What the counts of the measures mean: intervals, limits, verdicts, flags. Written anew by a night that has anything new.

-- one row per obligation, measure and window
CREATE TABLE accountability.measure_results (
    unit_code   VARCHAR NOT NULL,
    feed        VARCHAR NOT NULL,
    period      VARCHAR NOT NULL,           -- the last one of the window
    measure     VARCHAR NOT NULL,           -- pipeline/accountability/vocabulary.py lists them
    time_window VARCHAR NOT NULL,           -- period | trailing
    numerator   BIGINT,                     -- what is as it should be; of date_heaping, events on the days used most
    denominator BIGINT,
    value       DOUBLE,                     -- numerator / denominator; of date_heaping, the share moved to those days
    low         DOUBLE,                     -- 95 % interval
    high        DOUBLE,
    expected    DOUBLE,                     -- the target, in the terms of value; of date_heaping, the share by chance
    verdict     VARCHAR                     -- of a trailing window only
);

-- one row per obligation, rule and item: the trailing window that ends with the period
CREATE TABLE accountability.rule_results (
    unit_code VARCHAR NOT NULL,
    feed      VARCHAR NOT NULL,
    period    VARCHAR NOT NULL,
    rule      VARCHAR NOT NULL,
    item      VARCHAR NOT NULL,             -- a column of the contract, what registers are compared by, or ''
    failed    BIGINT NOT NULL,
    evaluated BIGINT NOT NULL,
    expected  DOUBLE,                       -- target share of failures; null where it is too few
    low_998   DOUBLE,                       -- limits around it, for as many cases as these tell
    low_95    DOUBLE,
    high_95   DOUBLE,
    high_998  DOUBLE,
    p_value   DOUBLE,                       -- one-sided, over the items of the rule
    q_value   DOUBLE,                       -- over all units of the rule and period
    verdict   VARCHAR NOT NULL
);

-- one row per unit, feed, period and rule that is worth a word
CREATE TABLE accountability.flags (
    unit_code      VARCHAR NOT NULL,
    feed           VARCHAR NOT NULL,
    period         VARCHAR NOT NULL,
    rule           VARCHAR NOT NULL,
    severity       VARCHAR NOT NULL,        -- alarm | event | warning: the highest that holds
    evidence_count BIGINT NOT NULL,
    denominator    BIGINT NOT NULL,
    message_zh     VARCHAR NOT NULL,
    message_en     VARCHAR NOT NULL,
    PRIMARY KEY (unit_code, feed, period, rule)
);

-- one row per obligation that is graded
CREATE TABLE accountability.grades (
    unit_code   VARCHAR NOT NULL,
    feed        VARCHAR NOT NULL,
    period      VARCHAR NOT NULL,
    grade       VARCHAR,
    is_critical BOOLEAN,
    score       DOUBLE,
    PRIMARY KEY (unit_code, feed, period)
);
