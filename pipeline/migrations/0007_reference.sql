-- The county's reference files as tables, for SQL to join. Written anew by a night whose reference changed.
CREATE SCHEMA IF NOT EXISTS reference;

CREATE TABLE reference.units (
    unit_code        VARCHAR PRIMARY KEY,
    agency           VARCHAR NOT NULL,
    unit_name        VARCHAR NOT NULL,
    division_code    VARCHAR NOT NULL,
    active_from      DATE NOT NULL,
    active_to        DATE,
    department       VARCHAR,
    responsible_post VARCHAR,
    reports_to       VARCHAR
);

CREATE TABLE reference.divisions (
    division_code VARCHAR PRIMARY KEY,
    name          VARCHAR NOT NULL,
    level         VARCHAR NOT NULL,
    parent_code   VARCHAR
);
