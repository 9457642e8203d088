with

records as (select * from {{ ref('int_child_records_linked') }}),

late_found as (select * from {{ ref('int_late_found_records') }}),

{{ register_pairs() }},

counted as (
    select
        unit_code,
        feed,
        period,
        other_unit,
        other_feed,
        [
            { 'item': 'sex', 'failed': count(*) filter (where sex), 'evaluated': count(sex) },
            { 'item': 'birth_date', 'failed': count(*) filter (where birth_date), 'evaluated': count(birth_date) },
            { 'item': 'mother', 'failed': count(*) filter (where mother), 'evaluated': count(mother) },
            { 'item': 'place', 'failed': count(*) filter (where place), 'evaluated': count(place) },
            { 'item': 'weight', 'failed': count(*) filter (where weight), 'evaluated': count(weight) }
        ] as items
    from pairs
    group by unit_code, feed, period, other_unit, other_feed
),

by_item as (
    select
        unit_code,
        feed,
        period,
        other_unit,
        other_feed,
        unnest(items) as counts
    from counted
),

final as (
    select
        unit_code,
        feed,
        period,
        counts.item,
        other_unit,
        other_feed,
        counts.failed,
        counts.evaluated
    from by_item
    where counts.evaluated > 0
)

select * from final
