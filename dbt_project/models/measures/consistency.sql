with

obligations as (select * from {{ source('accountability', 'obligations') }}),

comparisons as (select * from {{ ref('register_comparisons') }}),

items as (select unnest(['sex', 'birth_date', 'mother', 'place', 'weight']) as item),

counted as (
    select
        unit_code,
        feed,
        period,
        item,
        sum(failed) as failed,
        sum(evaluated) as evaluated
    from comparisons
    group by unit_code, feed, period, item
),

final as (
    select
        obligations.unit_code,
        obligations.feed,
        obligations.period,
        'consistency' as measure,
        'inconsistent' as rule,
        items.item,
        coalesce(counted.failed, 0)::bigint as failed,
        coalesce(counted.evaluated, 0)::bigint as evaluated
    from obligations
    cross join items
    left join counted
        on
            obligations.unit_code = counted.unit_code
            and obligations.feed = counted.feed
            and obligations.period = counted.period
            and items.item = counted.item
)

select * from final
