with records as (
    {{ current_records('delivery', record_no='delivery_no') }}
)

select
    {{ record_columns('health') }},
    delivered_at.date_std as event_date,
    child_sex.code_std as child_sex,
    {{ birth_columns('delivered_at') }},
    {{ name_columns('mother') }},
    {{ id_no_columns('mother') }},
    {{ name_columns('father') }},
    phone.phone_std as phone,
    {{ place_columns() }},
    birth_weight_g.number_std as birth_weight_g,
    gestation_weeks.number_std as gestation_weeks,
    plurality.number_std as plurality,
    birth_rank.number_std as birth_rank,
    outcome.code_std = 'still' as is_stillbirth
from records
{{ look_ups(
    'delivery',
    names=['mother_name', 'father_name'],
    id_numbers=['mother_id_no'],
    dates=['delivered_at'],
    phones=['phone'],
    numbers=['birth_weight_g', 'gestation_weeks', 'plurality', 'birth_rank'],
    codes=['child_sex', 'outcome'],
    places=true
) }}
