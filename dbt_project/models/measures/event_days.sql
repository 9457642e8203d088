with

records as (select * from {{ ref('int_records_standardised') }}),

late_found as (select * from {{ ref('int_late_found_records') }}),

final as (
    select
        unit_code,
        feed,
        period,
        event_date,
        count(*) as events
    from records
    anti join late_found on records.record_key = late_found.record_key
    where event_date is not null
    group by unit_code, feed, period, event_date
)

select * from final
