with

gaps as (
    select * from {{ ref('int_child_registers') }}
    where status <> 'held'
),

records as (select * from {{ ref('int_child_records_linked') }}),

registers as (select * from {{ source('accountability', 'registers') }}),

units as (select * from {{ source('reference', 'units') }}),

pairs as (select * from {{ source('linkage', 'pairs') }}),

links as (select * from {{ source('linkage', 'child_records') }}),

review_band as (
    select
        max(value) filter (where name = 'review_low') as low,
        max(value) filter (where name = 'review_high') as high
    from {{ source('publish', 'settings') }}
),

-- submissions that should be here and are not
absent_submissions as (
    select
        obligations.unit_code,
        obligations.feed,
        obligations.period,
        units.division_code
    from {{ source('accountability', 'obligations') }} as obligations
    inner join units on obligations.unit_code = units.unit_code
    where obligations.status in ('missing', 'rejected')
),

provider_records as (
    select
        records.child_id,
        records.unit_code,
        records.certificate_no
    from records
    inner join registers on records.feed = registers.feed
    where registers.catchment = 'provider' and registers.kind = 'birth'
),

-- by the unit of the child's township, or, in registers of providers, by one that has met the child
unsubmitted as (
    select
        gaps.child_id,
        gaps.register
    from gaps
    inner join absent_submissions
        on
            gaps.register = absent_submissions.feed
            and gaps.township_code = absent_submissions.division_code
            and absent_submissions.period between gaps.expected_from and gaps.expected_to
    where gaps.catchment = 'residence'
    union
    select
        gaps.child_id,
        gaps.register
    from gaps
    inner join provider_records on gaps.child_id = provider_records.child_id
    inner join absent_submissions
        on
            gaps.register = absent_submissions.feed
            and provider_records.unit_code = absent_submissions.unit_code
            and absent_submissions.period between gaps.expected_from and gaps.expected_to
    where gaps.catchment = 'provider'
),

-- no provider here has met the child, and it shows a certificate that none here has issued
born_elsewhere as (
    select distinct records.child_id
    from records
    where
        records.certificate_no is not null
        and records.child_id not in (select provider_records.child_id from provider_records)
        and records.certificate_no not in (
            select provider_records.certificate_no from provider_records
            where provider_records.certificate_no is not null
        )
),

open_pairs as (
    select
        pairs.record_key_l,
        pairs.record_key_r
    from pairs
    inner join review_band on pairs.match_probability between review_band.low and review_band.high
),

-- the register holds a record that may or may not be this child's
undecided as (
    select
        one.child_id,
        other.feed as register
    from open_pairs
    inner join links as one on open_pairs.record_key_l = one.record_key
    inner join links as other on open_pairs.record_key_r = other.record_key
    where one.child_id <> other.child_id
    union
    select
        other.child_id,
        one.feed as register
    from open_pairs
    inner join links as one on open_pairs.record_key_l = one.record_key
    inner join links as other on open_pairs.record_key_r = other.record_key
    where one.child_id <> other.child_id
),

-- the first rule that holds names the reason
final as (
    select
        gaps.child_id,
        gaps.register,
        gaps.birth_month,
        gaps.township_code,
        case
            when gaps.dueness = 'lives_elsewhere' then 'registered_elsewhere'
            when gaps.dueness <> 'due' then 'not_yet_due'
            when gaps.catchment = 'provider' and born_elsewhere.child_id is not null
                then 'registered_elsewhere'
            when unsubmitted.child_id is not null then 'submission_missing'
            when undecided.child_id is not null then 'linkage_uncertain'
            else 'likely_omitted'
        end as reason
    from gaps
    left join born_elsewhere on gaps.child_id = born_elsewhere.child_id
    left join unsubmitted on gaps.child_id = unsubmitted.child_id and gaps.register = unsubmitted.register
    left join undecided on gaps.child_id = undecided.child_id and gaps.register = undecided.register
)

select * from final
