-- a view: tickets are folded after the models are built, and still stand in the night's own release
with

tickets as (select * from {{ source('accountability', 'tickets') }}),

units as (select * from {{ source('reference', 'units') }}),

final as (
    select
        tickets.ticket_id,
        tickets.unit_code,
        units.unit_name,
        tickets.owner_post,
        tickets.feed,
        tickets.period,
        {{ period_kind('tickets.period') }} as period_kind,
        tickets.rule,
        tickets.kind,
        tickets.opened_on,
        tickets.due_on,
        tickets.status,
        tickets.closed_on,
        tickets.reopened_count,
        tickets.retest
    from tickets
    left join units on tickets.unit_code = units.unit_code
)

select * from final
