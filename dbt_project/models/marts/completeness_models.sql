-- a view: see completeness_estimates
with

models as (select * from {{ source('completeness', 'models') }}),

final as (
    select
        cohort,
        division_code,
        register,
        method,
        model,
        treatment,
        observed,
        estimate,
        low,
        high,
        parameters,
        aic,
        bic,
        weight,
        is_lower_bound,
        is_published
    from models
)

select * from final
