-- What falls short at all units of a feed together. Written anew with the verdicts.

-- one row per feed, rule, item and period at which most units, and all together, are above the highest level a target may have
CREATE TABLE accountability.common_causes (
    feed        VARCHAR NOT NULL,
    rule        VARCHAR NOT NULL,
    item        VARCHAR NOT NULL,
    period      VARCHAR NOT NULL,           -- the last one of the trailing window
    since       VARCHAR NOT NULL,           -- the first period of the unbroken run
    units       BIGINT NOT NULL,            -- with cases enough to be judged
    units_above BIGINT NOT NULL,            -- of them, above the level by themselves
    failed      BIGINT NOT NULL,            -- of all these units, over the window
    evaluated   BIGINT NOT NULL,
    highest     DOUBLE NOT NULL,            -- the level: acceptable_share and most_above_acceptable of the rule
    PRIMARY KEY (feed, rule, item, period)
);
