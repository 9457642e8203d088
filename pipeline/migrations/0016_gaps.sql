-- Worklists of children whom a register misses, for the health or school unit that holds them.

-- one row per unit that has been given a worklist: the content that its last file holds
CREATE TABLE casework.worklist_files (
    unit_code  VARCHAR PRIMARY KEY,
    file_name  VARCHAR NOT NULL,
    digest     VARCHAR NOT NULL,              -- SHA-256 of the content
    written_on DATE NOT NULL                  -- the night's as-of day
);
