with

records as (select * from {{ ref('int_child_records_linked') }}),

late_found as (select * from {{ ref('int_late_found_records') }}),

cohorts as (select * from {{ ref('int_cohorts_due') }}),

catchments as (select * from {{ ref('int_catchments') }}),

obligations as (select * from {{ source('accountability', 'obligations') }}),

registers as (select * from {{ source('accountability', 'registers') }}),

units as (select * from {{ source('reference', 'units') }}),

townships as (
    select * from {{ source('reference', 'divisions') }}
    where level = 'township'
),

feeds_of_units as (
    select distinct
        unit_code,
        feed
    from obligations
),

-- all by what the record itself says: what others say is known only of children whom others know
told as (
    select
        records.record_key,
        records.child_id,
        records.unit_code,
        records.feed,
        records.period,
        case
            when records.is_in_county is null and registers.catchment = 'residence'
                then townships.division_code
            else records.township_code
        end as township_code,
        strftime(records.birth_date, '%Y-%m') as birth_month,
        coalesce(records.is_in_county, true) or registers.catchment = 'residence' as is_resident,
        coalesce(records.mother_id_no_is_valid, false) as has_mother_id,
        records.certificate_no is not null or coalesce(records.child_id_no_is_valid, false) as has_child_number,
        records.child_name_std is not null as has_name,
        records.phone is not null as has_phone
    from records
    inner join registers on records.feed = registers.feed
    left join units on records.unit_code = units.unit_code
    left join townships on units.division_code = townships.division_code
),

-- a birth that the register found late is left out: others may have missed it for the same reason, and finding it must
-- not count against the finder
told_in_time as (
    select told.*
    from told
    inner join cohorts
        on
            told.feed = cohorts.register
            and told.birth_month = cohorts.birth_month
            and told.period <= cohorts.expected_to
),

groups as (
    select
        unit_code,
        feed,
        township_code,
        birth_month,
        is_resident
    from told_in_time
    group by all
),

-- registers in which such a child is due and for which another unit answers: of residents, the unit of the place; of
-- providers, any, unless this unit keeps that register too, as then the child would be in its own
due_elsewhere as (
    select
        groups.unit_code,
        groups.feed,
        groups.township_code,
        groups.birth_month,
        groups.is_resident,
        count(distinct cohorts.register) as register_count
    from groups
    inner join cohorts on groups.birth_month = cohorts.birth_month and groups.feed <> cohorts.register
    left join feeds_of_units
        on groups.unit_code = feeds_of_units.unit_code and cohorts.register = feeds_of_units.feed
    left join catchments
        on
            cohorts.register = catchments.feed
            and cohorts.expected_to = catchments.period
            and groups.township_code = catchments.township_code
            and groups.unit_code <> catchments.unit_code
    where
        cohorts.dueness = 'due'
        and (
            (cohorts.catchment = 'provider' and feeds_of_units.feed is null)
            or (cohorts.catchment = 'residence' and groups.is_resident and catchments.unit_code is not null)
        )
    group by all
),

-- from a different unit, in whichever register; and before that register's grace for the child had passed
known_elsewhere as (
    select
        told.record_key,
        bool_or(late_found.record_key is null) as is_known_in_time
    from told
    inner join told as other on told.child_id = other.child_id and told.unit_code <> other.unit_code
    left join late_found on other.record_key = late_found.record_key
    group by told.record_key
),

final as (
    select
        told_in_time.record_key,
        told_in_time.unit_code,
        told_in_time.feed,
        told_in_time.period,
        told_in_time.township_code,
        told_in_time.birth_month,
        told_in_time.birth_month[1:4] || '-Q' || ((told_in_time.birth_month[6:7]::integer + 2) // 3) as birth_quarter,
        told_in_time.is_resident,
        told_in_time.has_mother_id,
        told_in_time.has_child_number,
        told_in_time.has_name,
        told_in_time.has_phone,
        due_elsewhere.register_count::integer as due_elsewhere,
        known_elsewhere.record_key is not null as is_corroborated,
        coalesce(known_elsewhere.is_known_in_time, false) as is_corroborated_in_time
    from told_in_time
    inner join due_elsewhere
        on
            told_in_time.unit_code = due_elsewhere.unit_code
            and told_in_time.feed = due_elsewhere.feed
            and told_in_time.birth_month = due_elsewhere.birth_month
            and told_in_time.is_resident = due_elsewhere.is_resident
            and told_in_time.township_code is not distinct from due_elsewhere.township_code
    left join known_elsewhere on told_in_time.record_key = known_elsewhere.record_key
)

select * from final
