with

records as (select * from {{ ref('corroboration_records') }}),

final as (
    select
        unit_code,
        feed,
        period,
        township_code,
        birth_month,
        birth_quarter,
        is_resident,
        has_mother_id,
        has_child_number,
        has_name,
        has_phone,
        due_elsewhere,
        count(*) as records,
        count(*) filter (where not is_corroborated) as uncorroborated,
        count(*) filter (where not is_corroborated_in_time) as uncorroborated_in_time
    from records
    group by all
)

select * from final
