with records as (
    {{ current_records('immunization', record_no='card_no') }}
)

select
    {{ record_columns('health') }},
    enrolled_on.date_std as event_date,
    {{ child_name_columns() }},
    child_sex.code_std as child_sex,
    {{ birth_columns('birth_date') }},
    certificate_no.code_std as certificate_no,
    {{ name_columns('mother') }},
    {{ id_no_columns('mother') }},
    {{ name_columns('father') }},
    phone.phone_std as phone,
    {{ place_columns() }}
from records
{{ look_ups(
    'immunization',
    names=['child_name', 'mother_name', 'father_name'],
    id_numbers=['mother_id_no'],
    dates=['birth_date', 'enrolled_on'],
    phones=['phone'],
    codes=['child_sex', 'certificate_no'],
    places=true
) }}
