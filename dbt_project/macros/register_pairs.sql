{#
    Pairs of two records of one child in different registers, each pair from both its sides, with what differs.

    The calling model has the CTEs `records` (int_child_records_linked) and `late_found` (int_late_found_records).
    Births found late are compared with nothing: neither their finder nor whoever registered in time may lose by it.
#}
{% macro register_pairs() -%}
said as (
    select
        record_key,
        child_id,
        unit_code,
        feed,
        period,
        child_sex,
        birth_date,
        case when mother_id_no_is_valid then mother_id_no end as mother_id_no,
        coalesce(mother_name_pinyin, case guardian_relation when 'mother' then guardian_name_pinyin end) as mother_name,
        case when is_in_county then township_code when not is_in_county then 'elsewhere' end as place,
        birth_weight_g
    from records
    anti join late_found on records.record_key = late_found.record_key
),

-- two records of one child in different registers; each pair stands here from both its sides. Units that differ are
-- asked; weight alone is compared within a unit too, as it is written only where the child was born
pairs as (
    select
        own.record_key,
        own.unit_code,
        own.feed,
        own.period,
        other.unit_code as other_unit,
        other.feed as other_feed,
        case when own.unit_code <> other.unit_code then own.child_sex <> other.child_sex end as sex,
        case when own.unit_code <> other.unit_code then own.birth_date <> other.birth_date end as birth_date,
        case
            when own.unit_code <> other.unit_code
                then coalesce(own.mother_id_no <> other.mother_id_no, own.mother_name <> other.mother_name)
        end as mother,
        case when own.unit_code <> other.unit_code then own.place <> other.place end as place,
        abs(own.birth_weight_g - other.birth_weight_g) > {{ var('birth_weight_tolerance_g') }} as weight
    from said as own
    inner join said as other on own.child_id = other.child_id and own.feed <> other.feed
)
{%- endmacro %}
