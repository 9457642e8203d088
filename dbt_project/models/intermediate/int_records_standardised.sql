{{ config(tags=['before_linkage']) }}

with records as (select * from {{ ref('int_records_united') }}),

-- 王芳子: what sounds as a parent's name with 子 or 女 after it is a placeholder, which the name alone does not tell
named_after_parent as (
    select
        *,
        case
            when child_name_pinyin in (mother_name_pinyin || ' zi', father_name_pinyin || ' zi') then '1'
            when child_name_pinyin in (mother_name_pinyin || ' nv', father_name_pinyin || ' nv') then '2'
        end as sex_after_parent
    from records
),

placeholders as (
    select
        * replace (
            coalesce(is_placeholder, false) or sex_after_parent is not null as is_placeholder,
            coalesce(placeholder_sex, sex_after_parent) as placeholder_sex,
            case when sex_after_parent is null then placeholder_parent else left(child_name_std, -1) end
                as placeholder_parent
        )
    from named_after_parent
),

final as (
    select
        * exclude (placeholder_parent, placeholder_sex, child_id_no_sex, sex_after_parent)
        replace (
            case when not is_placeholder then child_name_std end as child_name_std,
            case when not is_placeholder then child_surname end as child_surname,
            case when not is_placeholder then child_given_name end as child_given_name,
            case when not is_placeholder then child_name_pinyin end as child_name_pinyin,
            case when not is_placeholder then child_given_pinyin end as child_given_pinyin,
            coalesce(child_sex, child_id_no_sex, placeholder_sex) as child_sex,
            -- a birth after the day its record came cannot be; one after its event stands, since where both can be
            -- checked it is nearly always the event's date that was written for convenience
            case when birth_date <= received_on then birth_date end as birth_date,
            -- midnight is what systems write for "no time"
            case when birth_date <= received_on then nullif(birth_minute, 0) end as birth_minute,
            case when birth_date_lunar_as_solar <= received_on then birth_date_lunar_as_solar end
                as birth_date_lunar_as_solar,
            coalesce(is_stillbirth, false) as is_stillbirth,
            coalesce(is_set_aside, false) as is_set_aside
        ),
        nullif(placeholder_parent, father_name_std) as mother_name_from_placeholder
    from placeholders
)

select * from final
