-- a view: estimates are made from the histories, after the models are built, and still stand in the night's own release
with

estimates as (select * from {{ source('completeness', 'estimates') }}),

divisions as (select * from {{ source('reference', 'divisions') }}),

final as (
    select
        estimates.cohort,
        estimates.division_code,
        divisions.name as division_name,
        estimates.register,
        estimates.method,
        estimates.observed,
        estimates.estimate,
        estimates.low,
        estimates.high,
        least(estimates.observed / estimates.estimate, 1) as completeness,
        least(estimates.observed / estimates.high, 1) as completeness_low,
        least(estimates.observed / estimates.low, 1) as completeness_high,
        estimates.vintage,
        estimates.is_suppressed,
        estimates.awaited,
        estimates.lowest_model,
        estimates.highest_model,
        estimates.observed_unweighted,
        estimates.estimate_unweighted
    from estimates
    left join divisions on estimates.division_code = divisions.division_code
)

select * from final
