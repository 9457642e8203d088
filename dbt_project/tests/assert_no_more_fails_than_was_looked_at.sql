{{ config(tags=['after_linkage']) }}
with

counts as (
    select
        unit_code,
        feed,
        period,
        rule,
        failed,
        evaluated
    from {{ ref('rule_counts') }}
    union all
    select
        unit_code,
        feed,
        period,
        'uncorroborated' as rule,
        uncorroborated as failed,
        records as evaluated
    from {{ ref('corroboration_cells') }}
)

select * from counts
where failed < 0 or failed > evaluated
