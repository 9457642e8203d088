with records as (
    {{ current_records('household_registration', record_no='registration_no') }}
)

select
    {{ record_columns('police') }},
    registered_on.date_std as event_date,
    {{ child_name_columns() }},
    child_sex.code_std as child_sex,
    {{ birth_columns('birth_date') }},
    {{ id_no_columns('child') }},
    child_id_no.sex as child_id_no_sex,
    certificate_no.code_std as certificate_no,
    {{ name_columns('mother') }},
    {{ id_no_columns('mother') }},
    {{ name_columns('father') }},
    {{ id_no_columns('father') }},
    {{ place_columns() }}
from records
{{ look_ups(
    'household_registration',
    names=['child_name', 'mother_name', 'father_name'],
    id_numbers=['child_id_no', 'mother_id_no', 'father_id_no'],
    dates=['birth_date', 'registered_on'],
    codes=['child_sex', 'certificate_no'],
    places=true
) }}
