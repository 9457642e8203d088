with

records as (select * from {{ ref('int_records_standardised') }}),

links as (select * from {{ source('linkage', 'child_records') }}),

late_found as (select * from {{ ref('int_late_found_records') }}),

entries as (
    select
        records.record_key,
        records.unit_code,
        records.feed,
        records.period,
        records.record_no,
        records.received_on,
        records.event_date,
        links.child_id
    from records
    left join links on records.record_key = links.record_key
),

numbers_met_again as (
    select
        feed,
        unit_code,
        period,
        record_no
    from entries
    group by feed, unit_code, period, record_no
    having count(*) > 1
),

children_met_again as (
    select
        feed,
        child_id
    from entries
    where child_id is not null
    group by feed, child_id
    having count(*) > 1
),

-- the first entry of a record number, and of a child, is none; a later period's is, whenever the first was corrected
surplus_of_numbers as (
    select
        entries.record_key,
        row_number() over (
            partition by entries.feed, entries.unit_code, entries.period, entries.record_no
            order by entries.received_on, entries.event_date, entries.record_key
        ) as entry_no
    from entries
    inner join numbers_met_again
        on
            entries.feed = numbers_met_again.feed
            and entries.unit_code = numbers_met_again.unit_code
            and entries.period = numbers_met_again.period
            and entries.record_no = numbers_met_again.record_no
),

surplus_of_children as (
    select
        entries.record_key,
        row_number() over (
            partition by entries.feed, entries.child_id
            order by entries.period, entries.received_on, entries.event_date, entries.record_key
        ) as entry_no
    from entries
    inner join children_met_again
        on entries.feed = children_met_again.feed and entries.child_id = children_met_again.child_id
),

-- the later of two entries that may be one child, unless two children could be meant or a person has decided; a birth
-- found late lowers nobody's measure, whatever it looks like
doubled as (
    select pairs.later_record_key as record_key
    from {{ ref('int_possible_double_registrations') }} as pairs
    left join late_found as one on pairs.record_key_l = one.record_key
    left join late_found as other on pairs.record_key_r = other.record_key
    where pairs.is_one_delivery and one.record_key is null and other.record_key is null
),

final as (
    select record_key from surplus_of_numbers
    where entry_no > 1
    union
    select record_key from surplus_of_children
    where entry_no > 1
    union
    select record_key from doubled
)

select * from final
