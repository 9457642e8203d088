with

records as (select * from {{ ref('int_records_standardised') }}),

links as (select * from {{ source('linkage', 'child_records') }}),

final as (
    select  -- noqa: AM04, the columns are those of the model before
        links.child_id,
        records.*
    from records
    inner join links on records.record_key = links.record_key
)

select * from final
