with

evidence as (select * from {{ ref('int_gap_evidence') }}),

rates as (select * from {{ ref('int_omission_rates') }}),

-- the share of the children most like it that is known; where nothing is, either is as likely
rated as (
    select
        evidence.*,
        coalesce(here.omitted_share, alike.omitted_share, overall.omitted_share, 0.5) as omitted_share
    from evidence
    left join rates as here
        on
            evidence.register = here.register
            and evidence.holders = here.holders
            and evidence.township_code = here.township_code
    left join rates as alike
        on
            evidence.register = alike.register
            and evidence.holders = alike.holders
            and alike.township_code is null
    left join rates as overall on evidence.register = overall.register and overall.holders is null
),

-- what became of a genuine child that the register should hold and does not: omitted, in a submission that is
-- missing, or registered later than at its age
weighed as (
    select
        * exclude (omitted_share),
        omitted_share as omitted,
        (1 - omitted_share) * missing_share as withheld,
        (1 - omitted_share) * later_share as later
    from rated
),

-- the first rule that holds names the reason
reasoned as (
    select
        *,
        case
            when dueness = 'lives_elsewhere' then 'registered_elsewhere'
            when dueness <> 'due' then 'not_yet_due'
            when is_shown_elsewhere then 'registered_elsewhere'
            when has_moved then 'died_or_moved'
            when withheld > omitted then 'submission_missing'
            when is_undecided then 'linkage_uncertain'
            when elsewhere_probability > 0.5 then 'registered_elsewhere'
            else 'likely_omitted'
        end as reason
    from weighed
),

final as (
    select
        child_id,
        register,
        birth_month,
        township_code,
        reason,
        case
            when reason in ('not_yet_due', 'died_or_moved') or dueness = 'lives_elsewhere' or is_shown_elsewhere
                then null
            else round(
                genuine_probability
                * (1 - elsewhere_probability)
                * (1 - death_probability)
                * (1 - pair_probability)
                -- never below what is possible: a share of nothing would be a probability of nothing
                * greatest(omitted, 1e-6) / (greatest(omitted, 1e-6) + withheld + later),
                4
            )
        end::double as omission_probability,
        holders,
        unit_count,
        has_id_no
    from reasoned
)

select * from final
