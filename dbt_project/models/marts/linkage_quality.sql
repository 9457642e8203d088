with

quality as (select * from {{ source('linkage', 'quality') }}),

final as (
    select
        run_id,
        stratum,
        records,
        clusters,
        expected_precision,
        expected_recall,
        reviewed_pairs
    from quality
)

select * from final
