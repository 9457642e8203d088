with

obligations as (select * from {{ source('accountability', 'obligations') }}),

-- what becomes of an obligation counts under one rule at most
rules as (
    select
        unnest(['late', 'missing_submission', 'rejected_file']) as rule,
        unnest([['late', 'nil_late'], ['missing'], ['rejected']]) as statuses
),

final as (
    select
        obligations.unit_code,
        obligations.feed,
        obligations.period,
        'timeliness' as measure,
        rules.rule,
        '' as item,
        list_contains(rules.statuses, obligations.status)::bigint as failed,
        (obligations.status <> 'not_due')::bigint as evaluated
    from obligations
    cross join rules
)

select * from final
