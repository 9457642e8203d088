-- a view: it costs nothing, and stands in the night's own release
with

final as (
    select
        division_code,
        name as division_name,
        level,
        parent_code as higher_division_code
    from {{ source('reference', 'divisions') }}
    -- no mart says in which village somebody lives
    where level <> 'village'
)

select * from final
