-- How complete is each register, among the children known who are due in it?
SELECT
    register,
    sum(children_due) AS due,
    sum(children_held) AS held,
    round(100.0 * sum(children_held) / nullif(sum(children_due), 0), 1) AS coverage_percent
FROM marts.register_coverage
GROUP BY register
ORDER BY register;
