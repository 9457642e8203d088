-- Look-ups over distinct raw values: what only Python can say, said once per value.
CREATE SCHEMA IF NOT EXISTS standardise;

CREATE TABLE standardise.names (
    raw                VARCHAR PRIMARY KEY,
    name_std           VARCHAR,             -- null where blank or a placeholder
    surname            VARCHAR,             -- compound surnames whole
    given_name         VARCHAR,
    name_pinyin        VARCHAR,             -- toneless, syllables joined by a space
    surname_pinyin     VARCHAR,
    given_pinyin       VARCHAR,
    is_placeholder     BOOLEAN NOT NULL,    -- 王芳之子, 之女大, 小宝, 未取名: no name yet
    placeholder_parent VARCHAR,             -- the parent that a placeholder names
    placeholder_sex    VARCHAR,             -- 1 | 2
    placeholder_rank   INTEGER              -- 1 for 大, 2 for 小 (二), …
);

CREATE TABLE standardise.id_numbers (
    raw         VARCHAR PRIMARY KEY,
    id_no_std   VARCHAR,                    -- 18 digits, upper case; as written where it cannot be one
    is_valid    BOOLEAN NOT NULL,           -- GB 11643: length, date and check digit hold
    problem     VARCHAR,                    -- null | length | characters | date | check_digit
    birth_date  DATE,
    sex         VARCHAR,                    -- 1 | 2, from the 17th digit
    region_code VARCHAR                     -- first six digits: where it was issued
);

CREATE TABLE standardise.dates (
    raw              VARCHAR PRIMARY KEY,
    date_std         DATE,                  -- null where unreadable
    minute_of_day    INTEGER,               -- null where no time was written
    lunar_as_solar   DATE                   -- the solar date, had a lunar one been written
);

CREATE TABLE standardise.numbers (
    feed        VARCHAR,
    column_name VARCHAR,
    raw         VARCHAR,
    number_std  INTEGER,                    -- in the column's unit; null where unreadable or out of its range
    PRIMARY KEY (feed, column_name, raw)
);

CREATE TABLE standardise.phones (
    raw       VARCHAR PRIMARY KEY,
    phone_std VARCHAR,                      -- national number; null where unusable
    is_valid  BOOLEAN NOT NULL
);

CREATE TABLE standardise.places (
    township_raw  VARCHAR,
    village_raw   VARCHAR,
    township_code VARCHAR,
    village_code  VARCHAR,
    is_in_county  BOOLEAN,                  -- null where nothing was written that tells
    matched_by    VARCHAR NOT NULL,         -- exact | suffix | sound | one_character | none
    PRIMARY KEY (township_raw, village_raw)
);
