with

quality as (select * from {{ source('linkage', 'quality') }}),

reviewed as (select * from {{ source('casework', 'reviewed_quality') }}),

final as (
    select
        quality.run_id,
        quality.stratum,
        quality.records,
        quality.clusters,
        quality.expected_precision,
        quality.expected_recall,
        coalesce(reviewed.reviewed_pairs, 0)::integer as reviewed_pairs,
        reviewed.reviewed_precision,
        reviewed.reviewed_precision_low,
        reviewed.reviewed_precision_high,
        reviewed.reviewed_recall,
        reviewed.reviewed_recall_low,
        reviewed.reviewed_recall_high
    from quality
    left join reviewed on quality.run_id = reviewed.run_id and quality.stratum = reviewed.stratum
)

select * from final
