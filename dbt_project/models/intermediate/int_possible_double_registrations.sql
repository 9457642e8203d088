with

records as (select * from {{ ref('int_child_records_linked') }}),

decisions as (select * from {{ source('casework', 'link_constraints') }}),

-- entries that a mother can be told by; a child of hers that a register has twice has two entries of it there
entries as (
    select
        child_id,
        record_key,
        feed,
        unit_code,
        period,
        received_on,
        mother_id_no,
        child_sex,
        birth_date,
        birth_minute,
        -- one character, or the sign of an unknown one, is no name to tell a child by
        case
            when not is_placeholder and length(child_given_name) > 0 and not contains(child_name_std, '〓')
                then child_name_std
        end as child_name
    from records
    where mother_id_no_is_valid and birth_date is not null
),

-- 1: one name, born within the years by which ages are altered; 2: one sex and minute of birth, whatever the names
pairs as (
    select
        one.feed,
        least(one.record_key, other.record_key) as record_key_l,
        greatest(one.record_key, other.record_key) as record_key_r,
        abs(one.birth_date - other.birth_date)::integer as days_apart,
        coalesce(one.child_name = other.child_name, false) as is_same_name,
        case
            when (one.period, one.received_on, one.record_key) > (other.period, other.received_on, other.record_key)
                then one.record_key
            else other.record_key
        end as later_record_key
    from entries as one
    inner join entries as other
        on
            one.feed = other.feed
            and one.mother_id_no = other.mother_id_no
            and one.record_key < other.record_key
            and one.child_id <> other.child_id
    where
        (
            one.child_name = other.child_name
            and one.birth_date between other.birth_date - 1096 and other.birth_date + 1096
        )
        or (
            one.birth_date = other.birth_date
            and one.child_sex = other.child_sex
            and one.birth_minute = other.birth_minute
        )
),

final as (
    select
        pairs.feed,
        pairs.record_key_l,
        pairs.record_key_r,
        pairs.later_record_key,
        pairs.days_apart,
        case when pairs.is_same_name then 'same_mother_and_name' else 'same_mother_sex_and_minute' end as reason,
        -- too close for anything but one delivery; further apart, two children given one name could be meant
        pairs.days_apart < 210 as is_one_delivery
    from pairs
    -- what a person decided is no question any more
    left join decisions
        on pairs.record_key_l = decisions.record_key_l and pairs.record_key_r = decisions.record_key_r
    where decisions.record_key_l is null
)

select * from final
