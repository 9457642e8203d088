{{ config(tags=['after_linkage']) }}

with

gaps as (
    select * from {{ ref('int_child_registers') }}
    where status <> 'held' and is_due
),

children as (select * from {{ ref('int_children_resolved') }}),

delays as (select * from {{ ref('int_register_delays') }}),

catchments as (select * from {{ ref('int_catchments') }}),

records as (select * from {{ ref('int_child_records_linked') }}),

registers as (select * from {{ source('accountability', 'registers') }}),

obligations as (select * from {{ source('accountability', 'obligations') }}),

settings as (
    select max(value) as prior_children from {{ source('publish', 'settings') }}
    where name = 'gap_prior_children'
),

birth_registers as (
    select count(*) as register_count from registers
    where kind = 'birth'
),

-- the birth registers that hold the child
holdings as (
    select
        records.child_id,
        string_agg(distinct records.feed, ' ' order by records.feed) as holders,
        -- as int_register_delays has it
        2 * count(distinct records.feed) <= any_value(birth_registers.register_count) - 1 as is_hardly_known,
        string_agg(distinct records.feed, ' ' order by records.feed) filter (where registers.catchment = 'residence')
            as holders_of_residents
    from records
    inner join registers on records.feed = registers.feed and registers.kind = 'birth'
    cross join birth_registers
    group by records.child_id
),

provider_records as (
    select distinct
        records.child_id,
        records.unit_code,
        records.certificate_no
    from records
    inner join registers on records.feed = registers.feed
    where registers.catchment = 'provider' and registers.kind = 'birth'
),

-- submissions that should be here and are not: by the unit that answers for the child's township, or, in registers of
-- providers, by one that has met the child
absent_submissions as (
    select
        obligations.unit_code,
        obligations.feed,
        obligations.period
    from obligations
    where obligations.status in ('missing', 'rejected')
),

-- whom a township's children go to, by what records of each year show; the unit that answers for the township counts
-- as so many children from the start
units_of_townships as (
    select
        records.feed,
        children.township_code,
        records.period[1:4] as in_year,
        records.unit_code,
        count(distinct records.child_id) as children
    from records
    inner join children on records.child_id = children.child_id
    inner join registers on records.feed = registers.feed and registers.catchment = 'residence'
    where children.township_code is not null
    group by records.feed, children.township_code, records.period[1:4], records.unit_code
    union all
    select
        catchments.feed,
        catchments.township_code,
        catchments.period[1:4] as in_year,
        catchments.unit_code,
        any_value(settings.prior_children) as children
    from catchments
    cross join settings
    group by catchments.feed, catchments.township_code, catchments.period[1:4], catchments.unit_code
),

shares_of_units as (
    select
        feed,
        township_code,
        in_year,
        unit_code,
        sum(children) / sum(sum(children)) over (partition by feed, township_code, in_year) as unit_share
    from units_of_townships
    group by feed, township_code, in_year, unit_code
),

absent_of_townships as (
    select
        absent_submissions.feed,
        absent_submissions.period,
        shares_of_units.township_code,
        sum(shares_of_units.unit_share) as absent_share
    from absent_submissions
    inner join shares_of_units
        on
            absent_submissions.unit_code = shares_of_units.unit_code
            and absent_submissions.feed = shares_of_units.feed
            and absent_submissions.period[1:4] = shares_of_units.in_year
    group by absent_submissions.feed, absent_submissions.period, shares_of_units.township_code
),

absent_months as (
    select
        gaps.child_id,
        gaps.register,
        absent_of_townships.period,
        absent_of_townships.absent_share
    from gaps
    inner join absent_of_townships
        on gaps.register = absent_of_townships.feed and gaps.township_code = absent_of_townships.township_code
    where gaps.catchment = 'residence' and absent_of_townships.period >= gaps.expected_from
    union all
    select distinct
        gaps.child_id,
        gaps.register,
        absent_submissions.period,
        1 as absent_share
    from gaps
    inner join provider_records on gaps.child_id = provider_records.child_id
    inner join absent_submissions
        on
            gaps.register = absent_submissions.feed
            and provider_records.unit_code = absent_submissions.unit_code
    where gaps.catchment = 'provider' and absent_submissions.period >= gaps.expected_from
),

timed as (
    select distinct register from delays
),

-- the share of the register's usual delays that ends in those months; all of it where no delay is known of it
final as (
    select
        absent_months.child_id,
        absent_months.register,
        round(
            least(
                sum(
                    absent_months.absent_share
                    * case
                        when timed.register is null then (absent_months.period <= gaps.expected_to)::integer
                        else coalesce(delays.month_share, 0)
                    end
                ), 1
            ), 4
        ) as missing_share
    from absent_months
    inner join gaps on absent_months.child_id = gaps.child_id and absent_months.register = gaps.register
    left join holdings on absent_months.child_id = holdings.child_id
    left join timed on absent_months.register = timed.register
    left join delays
        on
            absent_months.register = delays.register
            and delays.is_hardly_known = coalesce(holdings.is_hardly_known, true)
            and delays.months = case
                when timed.register is not null
                    then date_diff(
                        'month', (gaps.birth_month || '-01')::date, try_cast(absent_months.period || '-01' as date)
                    )
            end
    group by absent_months.child_id, absent_months.register
)

select * from final
