{{ config(tags=['after_linkage']) }}

with

child_registers as (select * from {{ ref('int_child_registers') }}),

gaps as (
    select * from child_registers
    where status <> 'held'
),

children as (select * from {{ ref('int_children_resolved') }}),

vouched as (select * from {{ ref('int_children_vouched') }}),

delays as (select * from {{ ref('int_register_delays') }}),

missing_shares as (select * from {{ ref('int_missing_shares') }}),

records as (select * from {{ ref('int_child_records_linked') }}),

registers as (select * from {{ source('accountability', 'registers') }}),

pairs as (select * from {{ source('linkage', 'pairs') }}),

links as (select * from {{ source('linkage', 'child_records') }}),

county as (
    select min(division_code[1:6]) as county_code from {{ source('reference', 'divisions') }}
    where level = 'township'
),

settings as (
    select
        max(value) filter (where name = 'review_low') as low,
        max(value) filter (where name = 'review_high') as high,
        max(value) filter (where name = 'gap_infant_deaths') as infant_deaths,
        max(value) filter (where name = 'gap_prior_children') as prior_children
    from {{ source('publish', 'settings') }}
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

-- of children of this age whom it will ever register, the share that it registers later
later_shares as (
    select
        gaps.child_id,
        gaps.register,
        1 - delays.registered_share as later_share
    from gaps
    inner join registers on gaps.register = registers.feed and registers.due_every = 'month'
    left join holdings on gaps.child_id = holdings.child_id
    inner join delays
        on
            gaps.register = delays.register
            and delays.is_hardly_known = coalesce(holdings.is_hardly_known, true)
            and delays.months
            = date_diff('month', (gaps.birth_month || '-01')::date, (registers.due_through || '-01')::date)
),

-- the register holds a record that may be this child's. Two children who stand in one register side by side are two
open_pairs as (
    select
        one.child_id,
        other.child_id as other_child_id,
        other.feed as register,
        max(pairs.match_probability) as pair_probability
    from pairs
    inner join settings on pairs.match_probability between settings.low and settings.high
    cross join (values (false), (true)) as sides (is_turned)
    inner join links as one
        on case when sides.is_turned then pairs.record_key_r else pairs.record_key_l end = one.record_key
    inner join links as other
        on case when sides.is_turned then pairs.record_key_l else pairs.record_key_r end = other.record_key
    where one.child_id <> other.child_id
    group by one.child_id, other.child_id, other.feed
),

undecided as (
    select
        open_pairs.child_id,
        open_pairs.register,
        max(open_pairs.pair_probability) as pair_probability
    from open_pairs
    where
        not exists (
            select 1
            from links as one
            inner join links as other on one.feed = other.feed
            where one.child_id = open_pairs.child_id and other.child_id = open_pairs.other_child_id
        )
    group by open_pairs.child_id, open_pairs.register
),

-- what the child shows of where it was born and where it is registered
shown as (
    select
        records.child_id,
        bool_or(
            records.certificate_no is not null
            and records.certificate_no not in (
                select provider_records.certificate_no from provider_records
                where provider_records.certificate_no is not null
            )
        ) as shows_other_certificate,
        bool_or(records.certificate_no is not null and registers.catchment <> 'provider') as cites_certificate,
        bool_or(records.child_id_no_is_valid and records.child_id_no[1:6] <> county.county_code) as has_other_id_no,
        bool_or(coalesce(records.child_id_no_is_valid, false)) as has_id_no,
        bool_or(registers.kind = 'birth') as is_in_birth_register,
        coalesce(bool_or(records.event_date >= children.birth_date + {{ var('newborn_days') }}), false)
            as is_seen_later,
        bool_or(registers.kind = 'birth' and registers.catchment = 'provider') as was_met_by_provider,
        -- the last word of a register of residents on where it lives
        arg_max(records.is_in_county, (records.event_date, records.record_key)) filter (
            where registers.catchment = 'residence' and records.is_in_county is not null
        ) as is_in_county_at_last
    from records
    inner join registers on records.feed = registers.feed
    inner join children on records.child_id = children.child_id
    cross join county
    group by records.child_id
),

-- how many whom no provider here has met were born elsewhere: those who show it, and as many more as children with a
-- certificate of this county fail to show theirs. By the registers that know them
unmet as (
    select
        holdings.holders,
        count(*) as children,
        count(*) filter (where shown.shows_other_certificate) as shown_elsewhere
    from shown
    inner join holdings on shown.child_id = holdings.child_id
    where not shown.was_met_by_provider
    group by holdings.holders
),

citing as (
    select
        holdings.holders_of_residents as holders,
        avg(shown.cites_certificate::integer) as cited_share
    from shown
    inner join holdings on shown.child_id = holdings.child_id
    where
        shown.child_id in (
            select provider_records.child_id from provider_records
            where provider_records.certificate_no is not null
        )
    group by holdings.holders_of_residents
),

elsewhere_totals as (
    select sum(unmet.shown_elsewhere / citing.cited_share) / nullif(sum(unmet.children), 0) as elsewhere_share
    from unmet
    inner join citing on unmet.holders = citing.holders
    where citing.cited_share > 0
),

elsewhere as (
    select
        unmet.holders,
        least(
            greatest(
                case
                    when citing.cited_share > 0
                        then unmet.shown_elsewhere * (1 - citing.cited_share) / citing.cited_share
                    else 0
                end
                + settings.prior_children * elsewhere_totals.elsewhere_share * (1 - coalesce(citing.cited_share, 0)), 0
            ) / (unmet.children - unmet.shown_elsewhere + settings.prior_children), 1
        ) as elsewhere_probability
    from unmet
    left join citing on unmet.holders = citing.holders
    cross join elsewhere_totals
    cross join settings
),

-- whom only a later contact knows was missed by every birth register, or came later. Missed are at least as many as
-- the overlap of the birth registers lets expect (Chao 1987)
known_to as (
    select
        child_registers.child_id,
        count(*) filter (where registers.kind = 'birth' and child_registers.status = 'held') as birth_registers,
        bool_or(registers.kind <> 'birth' and child_registers.status = 'held') as was_met_later,
        any_value(vouched.genuine_probability) as genuine_probability
    from child_registers
    inner join registers on child_registers.register = registers.feed
    inner join vouched on child_registers.child_id = vouched.child_id
    group by child_registers.child_id
    having
        bool_and(child_registers.is_due) filter (
            where registers.kind = 'birth' and registers.catchment = 'residence'
        )
),

newcomers as (
    select
        1 - least(
            coalesce(
                sum(genuine_probability) filter (where birth_registers = 1) ** 2
                / nullif(2 * count(*) filter (where birth_registers = 2), 0)
                / nullif(count(*) filter (where birth_registers > 0), 0)
                * count(*) filter (where was_met_later)
                / nullif(count(*) filter (where was_met_later and birth_registers = 0), 0),
                1
            ), 1
        ) as newcomer_probability
    from known_to
),

-- no register tells of deaths. As many as are to be expected are among those whom nobody has met after their first
-- four weeks, and whom some register of residents misses
unseen as (
    select
        child_registers.child_id,
        any_value(vouched.genuine_probability) as genuine_probability
    from child_registers
    inner join shown on child_registers.child_id = shown.child_id
    inner join vouched on child_registers.child_id = vouched.child_id
    where
        child_registers.is_due and child_registers.catchment = 'residence'
        and shown.is_in_birth_register and not shown.is_seen_later
    group by child_registers.child_id
    having 2 * count(*) filter (where child_registers.status <> 'held') > count(*)
),

deaths as (
    select
        least(
            settings.infant_deaths * (
                select sum(vouched.genuine_probability) from vouched
                inner join shown on vouched.child_id = shown.child_id and shown.is_in_birth_register
            ) / (select nullif(sum(unseen.genuine_probability), 0) from unseen), 0.5
        ) as death_probability
    from settings
),

final as (
    select
        gaps.child_id,
        gaps.register,
        gaps.birth_month,
        gaps.township_code,
        gaps.catchment,
        gaps.dueness,
        gaps.is_due,
        coalesce(holdings.holders, '') as holders,
        coalesce(vouched.unit_count, 0) as unit_count,
        coalesce(vouched.genuine_probability, 1) as genuine_probability,
        round(case when unseen.child_id is not null then coalesce(deaths.death_probability, 0) else 0 end, 4)
            as death_probability,
        round(coalesce(missing_shares.missing_share, 0), 4) as missing_share,
        round(coalesce(later_shares.later_share, 0), 4) as later_share,
        coalesce(undecided.pair_probability, 0) as pair_probability,
        undecided.child_id is not null as is_undecided,
        gaps.catchment = 'provider' and not shown.was_met_by_provider and shown.shows_other_certificate
        or gaps.register = '{{ var("registration_feed") }}' and coalesce(shown.has_other_id_no, false)
            as is_shown_elsewhere,
        round(
            case
                when holdings.child_id is null and registers.kind = 'birth' then newcomers.newcomer_probability
                when gaps.catchment = 'provider' and not shown.was_met_by_provider
                    then coalesce(elsewhere.elsewhere_probability, 0)
                else 0
            end, 4
        ) as elsewhere_probability,
        gaps.catchment = 'residence' and not coalesce(shown.is_in_county_at_last, true)
        or not shown.is_in_birth_register and coalesce(shown.has_other_id_no, false) as has_moved,
        coalesce(shown.has_id_no, false) as has_id_no
    from gaps
    inner join registers on gaps.register = registers.feed
    left join holdings on gaps.child_id = holdings.child_id
    left join vouched on gaps.child_id = vouched.child_id
    left join missing_shares
        on gaps.child_id = missing_shares.child_id and gaps.register = missing_shares.register
    left join later_shares on gaps.child_id = later_shares.child_id and gaps.register = later_shares.register
    left join undecided on gaps.child_id = undecided.child_id and gaps.register = undecided.register
    left join shown on gaps.child_id = shown.child_id
    left join unseen on gaps.child_id = unseen.child_id
    cross join deaths
    cross join newcomers
    left join elsewhere on holdings.holders = elsewhere.holders
)

select * from final
