with

records as (select * from {{ ref('int_child_records_linked') }}),

late_found as (select * from {{ ref('int_late_found_records') }}),

{{ register_pairs() }},

by_item as (
    select
        record_key,
        unnest(['sex', 'birth_date', 'mother', 'place', 'weight']) as item,
        unnest([sex, birth_date, mother, place, weight]) as differs
    from pairs
    where sex or birth_date or mother or place or weight
),

final as (
    select distinct
        record_key,
        item
    from by_item
    where differs
)

select * from final
