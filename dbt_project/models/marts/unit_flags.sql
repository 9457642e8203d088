-- a view: flags are made from the measures, after the models are built, and still stand in the night's own release
with

flags as (select * from {{ source('accountability', 'flags') }}),

units as (select * from {{ source('reference', 'units') }}),

final as (
    select
        flags.unit_code,
        units.unit_name,
        flags.feed,
        flags.period,
        {{ period_kind('flags.period') }} as period_kind,
        flags.rule,
        flags.severity,
        flags.evidence_count,
        flags.denominator,
        flags.message_zh,
        flags.message_en
    from flags
    left join units on flags.unit_code = units.unit_code
)

select * from final
