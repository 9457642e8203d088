{{ config(tags=['after_linkage']) }}

with

records as (select * from {{ ref('int_child_records_linked') }}),

cohorts as (select * from {{ ref('int_cohorts_due') }}),

-- by what the record itself says, so that no other register decides it
final as (
    select
        records.record_key,
        records.revision_id,
        records.row_no,
        records.unit_code,
        records.feed,
        records.period
    from records
    inner join cohorts
        on
            records.feed = cohorts.register
            and strftime(records.birth_date, '%Y-%m') = cohorts.birth_month
            and records.period > cohorts.expected_to
)

select * from final
