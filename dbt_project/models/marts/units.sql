-- a view: it costs nothing, and stands in the night's own release
with

units as (select * from {{ source('reference', 'units') }}),

divisions as (select * from {{ source('reference', 'divisions') }}),

final as (
    select
        units.unit_code,
        units.unit_name,
        units.agency,
        units.department,
        units.division_code,
        divisions.level,
        units.active_from,
        units.active_to
    from units
    left join divisions on units.division_code = divisions.division_code
)

select * from final
