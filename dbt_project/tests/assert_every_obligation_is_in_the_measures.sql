-- every obligation stands once under every rule and item that its feed has, whatever arrived; nothing else does
{{ config(tags=['after_linkage']) }}
with

items as (
    select
        unnest(['late', 'missing_submission', 'rejected_file', 'duplicates', 'low_coverage']) as rule,
        '' as item
    union all
    select
        'inconsistent' as rule,
        unnest(['sex', 'birth_date', 'mother', 'place', 'weight']) as item
    union all
    select
        'invalid_value' as rule,
        'row' as item
),

items_by_feed as (
    select distinct
        feed,
        rule,
        column_name as item
    from ({{ row_checks() }})
    where rule in ('item_missing', 'invalid_id_number', 'invalid_value')
    union all
    select
        registers.feed,
        items.rule,
        items.item
    from {{ source('accountability', 'registers') }} as registers
    cross join items
),

-- sums of hashes stand for the lists of rules and items: to compare each with each takes long
expected as (
    select
        feed,
        count(*) as item_count,
        sum(hash(rule, item)) as items
    from items_by_feed
    group by feed
),

found as (
    select
        unit_code,
        feed,
        period,
        count(*) as item_count,
        sum(hash(rule, item)) as items
    from {{ ref('rule_counts') }}
    group by unit_code, feed, period
)

select
    coalesce(obligations.unit_code, found.unit_code) as unit_code,
    coalesce(obligations.feed, found.feed) as feed,
    coalesce(obligations.period, found.period) as period,
    expected.item_count as expected_count,
    found.item_count as found_count
from {{ source('accountability', 'obligations') }} as obligations
full outer join found
    on
        obligations.unit_code = found.unit_code
        and obligations.feed = found.feed
        and obligations.period = found.period
left join expected on obligations.feed = expected.feed
where
    expected.item_count is distinct from found.item_count
    or expected.items is distinct from found.items
