with

late_found as (select * from {{ ref('int_late_found_records') }}),  -- noqa: ST03, the macro reads it

cells as (
    {{ late_found_cells('late_found') }}
),

final as (
    select
        revision_id,
        column_name,
        count(*) as value_count
    from cells
    where trim(cell, ' 	　') <> ''
    group by revision_id, column_name
)

select * from final
