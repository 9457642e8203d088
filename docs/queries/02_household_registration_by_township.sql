-- In which townships are children of which quarter not yet in the household register though they are due?
SELECT
    township_code,
    birth_month[1:4] || '-Q' || ((birth_month[6:7]::INTEGER + 2) // 3) AS quarter,
    sum(children_due) AS due,
    sum(children_due - children_held) AS not_held
FROM marts.register_coverage
WHERE register = 'household_registration' AND township_code IS NOT NULL AND children_due > 0
GROUP BY ALL
ORDER BY township_code, quarter;
