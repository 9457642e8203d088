-- Why are children known from one register not in another?
PIVOT (SELECT register, reason, children FROM marts.gap_summary)
ON reason IN (
    'likely_omitted', 'linkage_uncertain', 'submission_missing', 'registered_elsewhere', 'died_or_moved', 'not_yet_due'
)
USING coalesce(sum(children), 0)
ORDER BY register;
