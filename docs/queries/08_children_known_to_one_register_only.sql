-- How many children does only one register know, and which one?
WITH holdings AS (
    SELECT
        register,
        count(*) OVER (PARTITION BY child_key) AS register_count
    FROM (
        UNPIVOT (SELECT child_key, COLUMNS('^in_') FROM marts.children)
        ON COLUMNS('^in_') INTO NAME register VALUE status
    )
    WHERE status = 'held'
)

SELECT
    register,
    count(*) AS children
FROM holdings
WHERE register_count = 1
GROUP BY register
ORDER BY register;
