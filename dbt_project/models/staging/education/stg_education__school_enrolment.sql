with records as (
    {{ current_records('school_enrolment', record_no='student_no') }}
)

select
    {{ record_columns('education') }},
    enrolled_on.date_std as event_date,
    {{ child_name_columns() }},
    child_sex.code_std as child_sex,
    {{ birth_columns('birth_date') }},
    {{ id_no_columns('child') }},
    child_id_no.sex as child_id_no_sex,
    {{ name_columns('guardian') }},
    guardian_relation.code_std as guardian_relation,
    phone.phone_std as phone,
    {{ place_columns() }}
from records
{{ look_ups(
    'school_enrolment',
    names=['child_name', 'guardian_name'],
    id_numbers=['child_id_no'],
    dates=['birth_date', 'enrolled_on'],
    phones=['phone'],
    codes=['child_sex', 'guardian_relation'],
    places=true
) }}
