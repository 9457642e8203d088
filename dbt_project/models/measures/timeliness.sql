with

obligations as (select * from {{ source('accountability', 'obligations') }}),

-- what becomes of an obligation counts under one rule at most; what never came was neither late nor rejected, so that
-- silence is no good mark under those rules
rules as (
    select
        unnest(['late', 'missing_submission', 'rejected_file']) as rule,
        unnest([['late', 'nil_late'], ['missing'], ['rejected']]) as failing,
        unnest([
            ['not_due', 'missing', 'rejected'],
            ['not_due'],
            ['not_due', 'missing']
        ]) as not_evaluated
),

final as (
    select
        obligations.unit_code,
        obligations.feed,
        obligations.period,
        'timeliness' as measure,
        rules.rule,
        '' as item,
        list_contains(rules.failing, obligations.status)::bigint as failed,
        (not list_contains(rules.not_evaluated, obligations.status))::bigint as evaluated
    from obligations
    cross join rules
)

select * from final
