-- Statements of casework/worklists/rows.py.

-- name: worklist_records
-- Temporary view: what a list may show of a record, from its unit's own submission; a placeholder is no name.
CREATE OR REPLACE TEMP VIEW worklist_records AS
SELECT
    r.child_id,
    u.agency,
    r.event_date,
    r.child_id_no,
    r.unit_code,
    r.feed,
    r.record_no,
    CASE WHEN NOT r.is_placeholder THEN r.child_name_std END AS child_name,
    r.child_sex,
    strftime(r.birth_date, '%Y-%m-%d') AS birth_date,
    r.village_name_std AS village,
    r.phone
FROM intermediate.int_child_records_linked AS r
INNER JOIN reference.units AS u ON r.unit_code = u.unit_code;

-- name: omitted
-- Probable omissions from $registers, each with the record of the unit of $agencies that met the child last, the
-- likeliest $most of each unit and register. A child with an id number is registered with some household
-- ($registration), so that its family needs no help with that.
WITH gaps AS (
    SELECT
        child_id,
        register,
        omission_probability
    FROM intermediate.int_gaps_explained
    WHERE
        list_contains($registers, register)
        AND reason = 'likely_omitted'
        AND omission_probability >= $probability
        AND NOT (has_id_no AND register = $registration)
),

held AS (
    SELECT * FROM worklist_records
    WHERE list_contains($agencies, agency) AND child_id IN (SELECT child_id FROM gaps)
    QUALIFY row_number() OVER (
        PARTITION BY child_id ORDER BY event_date DESC NULLS LAST, unit_code ASC, feed ASC, record_no ASC
    ) = 1
)

SELECT
    gaps.register,
    held.* EXCLUDE (child_id, agency, event_date, child_id_no)
FROM gaps
INNER JOIN held ON gaps.child_id = held.child_id
QUALIFY
    row_number() OVER (
        PARTITION BY held.unit_code, gaps.register
        ORDER BY gaps.omission_probability DESC, held.feed ASC, held.record_no ASC
    ) <= $most
ORDER BY
    held.unit_code ASC,
    list_position($registers, gaps.register) ASC,
    gaps.omission_probability DESC,
    held.feed ASC,
    held.record_no ASC;

-- name: pupils
-- Pupils whose school (one of $agencies) wrote no id number and who show none elsewhere, and those whom no birth
-- register holds though all of its residents' registers should; each once, with its own school's latest record.
WITH births AS (
    SELECT feed FROM accountability.registers WHERE kind = 'birth'
),

children AS (
    SELECT
        child_id,
        bool_or(coalesce(child_id_no_is_valid, FALSE)) AS has_id_no,
        bool_or(feed IN (SELECT births.feed FROM births)) AS is_in_birth_register,
        bool_or(feed = $registration) AS is_registered
    FROM intermediate.int_child_records_linked
    GROUP BY child_id
),

due AS (
    SELECT child_id
    FROM intermediate.int_child_registers
    WHERE register IN (SELECT births.feed FROM births) AND catchment = 'residence'
    GROUP BY child_id
    HAVING bool_and(is_due)
),

asked AS (
    SELECT
        CASE
            WHEN r.child_id_no IS NULL AND NOT c.has_id_no AND NOT c.is_registered THEN 'no_id_number'
            WHEN NOT c.is_in_birth_register AND r.child_id IN (SELECT due.child_id FROM due) THEN 'no_birth_record'
        END AS reason,
        r.*
    FROM worklist_records AS r
    INNER JOIN accountability.registers AS g ON r.feed = g.feed AND g.kind = 'later_contact'
    INNER JOIN children AS c ON r.child_id = c.child_id
    WHERE list_contains($agencies, r.agency)
)

SELECT * EXCLUDE (child_id, agency, event_date, child_id_no)
FROM asked
WHERE reason IS NOT NULL
QUALIFY
    row_number() OVER (
        PARTITION BY child_id ORDER BY event_date DESC NULLS LAST, unit_code ASC, record_no ASC
    ) = 1
ORDER BY unit_code ASC, reason DESC, feed ASC, record_no ASC;
