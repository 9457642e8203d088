-- Look-ups over distinct raw values: what only Python can say, said once per value. `raw` is distinct in each
-- table (in numbers and codes: per feed and column); no index is kept, since SQL joins them whole.
CREATE SCHEMA IF NOT EXISTS standardise;

CREATE TABLE standardise.names (
    raw                  VARCHAR NOT NULL,
    name_std             VARCHAR,             -- null where blank or a placeholder
    surname              VARCHAR,             -- compound surnames whole
    given_name           VARCHAR,
    name_pinyin          VARCHAR,             -- toneless, syllables joined by a space
    surname_pinyin       VARCHAR,
    given_pinyin         VARCHAR,
    is_placeholder       BOOLEAN NOT NULL,    -- 王芳之子, 之女大, 小宝, 未取名: no name yet
    placeholder_parent   VARCHAR,             -- the parent that a placeholder names
    placeholder_sex      VARCHAR,             -- 1 | 2
    placeholder_rank     INTEGER,             -- 1 for 大, 2 for 小 (二), …
    placeholder_nickname VARCHAR              -- 鸣 of 鸣鸣: likely a character of the name to come
);

CREATE TABLE standardise.id_numbers (
    raw         VARCHAR NOT NULL,
    id_no_std   VARCHAR,                    -- 18 digits, upper case; as written where it cannot be one
    is_valid    BOOLEAN NOT NULL,           -- GB 11643: length, date and check digit hold
    problem     VARCHAR,                    -- null | length | characters | date | check_digit
    birth_date  DATE,                       -- the last three only where it is valid
    sex         VARCHAR,                    -- 1 | 2, from the 17th digit
    region_code VARCHAR                     -- first six digits: where it was issued
);

CREATE TABLE standardise.dates (
    raw              VARCHAR NOT NULL,
    date_std         DATE,                  -- null where unreadable
    minute_of_day    INTEGER,               -- null where no time was written
    lunar_as_solar   DATE                   -- the solar date, had a lunar one been written
);

CREATE TABLE standardise.numbers (
    feed        VARCHAR NOT NULL,
    column_name VARCHAR NOT NULL,
    raw         VARCHAR NOT NULL,
    number_std  INTEGER                     -- in the column's unit; null where unreadable or out of its range
);

-- sexes, listed values, and numbers of a fixed pattern
CREATE TABLE standardise.codes (
    feed        VARCHAR NOT NULL,
    column_name VARCHAR NOT NULL,
    raw         VARCHAR NOT NULL,
    code_std    VARCHAR                     -- null where unreadable, or not of the pattern
);

CREATE TABLE standardise.phones (
    raw       VARCHAR NOT NULL,
    phone_std VARCHAR,                      -- national number; null where unusable
    is_valid  BOOLEAN NOT NULL
);

CREATE TABLE standardise.places (
    township_raw     VARCHAR NOT NULL,      -- '' where blank
    village_raw      VARCHAR NOT NULL,      -- '' where blank
    township_code    VARCHAR,
    village_code     VARCHAR,
    village_name_std VARCHAR,               -- the division's name; as written, cleaned, where none matched
    is_in_county     BOOLEAN,               -- null where nothing was written that tells
    matched_by       VARCHAR NOT NULL       -- the village's, else the township's: exact | suffix | sound | one_character | none
);

-- revisions whose values are in the look-ups, as they were read then (a file may be read again)
CREATE TABLE standardise.revisions (revision_id BIGINT NOT NULL, reading_no BIGINT NOT NULL);

-- what a look-up was made with (rules, contracts, divisions): when that changes it is made again
CREATE TABLE standardise.made_with (look_up VARCHAR NOT NULL, fingerprint VARCHAR NOT NULL);
