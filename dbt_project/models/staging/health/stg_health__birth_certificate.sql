with records as (
    {{ current_records('birth_certificate', record_no='certificate_no') }}
)

select
    {{ record_columns('health') }},
    issued_on.date_std as event_date,
    {{ child_name_columns() }},
    child_sex.code_std as child_sex,
    {{ birth_columns('born_at') }},
    certificate_no.code_std as certificate_no,
    {{ name_columns('mother') }},
    {{ id_no_columns('mother') }},
    {{ name_columns('father') }},
    {{ id_no_columns('father') }},
    {{ place_columns() }},
    birth_weight_g.number_std as birth_weight_g,
    gestation_weeks.number_std as gestation_weeks
from records
{{ look_ups(
    'birth_certificate',
    names=['child_name', 'mother_name', 'father_name'],
    id_numbers=['mother_id_no', 'father_id_no'],
    dates=['born_at', 'issued_on'],
    numbers=['birth_weight_g', 'gestation_weeks'],
    codes=['certificate_no', 'child_sex'],
    places=true
) }}
