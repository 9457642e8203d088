with

records as (select * from {{ ref('int_child_records_linked') }}),

registers as (select * from {{ source('accountability', 'registers') }}),

units as (select * from {{ source('reference', 'units') }}),

townships as (
    select * from {{ source('reference', 'divisions') }}
    where level = 'township'
),

-- what each record says, and how strong its word is; the rules stand in the description of each column
testimony as (
    select
        records.child_id,
        records.feed,
        case
            when records.child_id_no_is_valid
                then coalesce(try_strptime(records.child_id_no[7:14], '%Y%m%d')::date, records.birth_date)
            else records.birth_date
        end as birth_date,
        case
            when records.child_id_no_is_valid
                then case when records.child_id_no[17]::integer % 2 = 1 then '1' else '2' end
            else records.child_sex
        end as sex,
        coalesce(records.child_id_no_is_valid, false)::integer as by_id_number,
        (records.birth_minute is not null)::integer as by_birth_attendant,
        case
            when records.is_in_county is not null then records.is_in_county
            when registers.catchment = 'residence' then true
        end as is_resident,
        case
            when registers.kind = 'birth' and registers.catchment = 'residence' then 2
            when registers.kind = 'birth' then 1
            else 0
        end as by_residence_register,
        case
            when records.is_in_county then records.township_code
            when records.is_in_county is null and registers.catchment = 'residence'
                then townships.division_code
        end as township_code,
        case when registers.kind = 'birth' then 2 else 0 end
        + (records.township_code is not null)::integer as by_written_address,
        records.plurality,
        0 as by_any
    from records
    inner join registers on records.feed = registers.feed
    left join units on records.unit_code = units.unit_code
    left join townships on units.division_code = townships.division_code
),

birth_dates as (
    {{ most_believed('testimony', 'birth_date', 'by_id_number', 'by_birth_attendant') }}
),

sexes as (
    {{ most_believed('testimony', 'sex', 'by_id_number', 'by_birth_attendant') }}
),

residences as (
    {{ most_believed('testimony', 'is_resident', 'by_residence_register', ties='desc') }}
),

addresses as (
    {{ most_believed('testimony', 'township_code', 'by_written_address') }}
),

pluralities as (
    {{ most_believed('testimony', 'plurality', 'by_any', 'by_birth_attendant', ties='desc') }}
),

children as (
    select
        child_id,
        count(*) as record_count,
        min(event_date) filter (where feed = '{{ var("registration_feed") }}') as registered_on
    from records
    group by child_id
),

final as (
    select
        children.child_id,
        birth_dates.birth_date,
        strftime(birth_dates.birth_date, '%Y-%m') as birth_month,
        sexes.sex,
        coalesce(residences.is_resident, true) as is_resident,
        case when coalesce(residences.is_resident, true) then addresses.township_code end as township_code,
        pluralities.plurality::integer as plurality,
        children.record_count::integer as record_count,
        (children.registered_on - birth_dates.birth_date)::integer as days_to_registration
    from children
    left join birth_dates on children.child_id = birth_dates.child_id
    left join sexes on children.child_id = sexes.child_id
    left join residences on children.child_id = residences.child_id
    left join addresses on children.child_id = addresses.child_id
    left join pluralities on children.child_id = pluralities.child_id
)

select * from final
