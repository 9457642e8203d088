with records as (
    {{ current_records('population_register', record_no='report_no') }}
)

select
    {{ record_columns('population') }},
    reported_on.date_std as event_date,
    {{ child_name_columns() }},
    child_sex.code_std as child_sex,
    {{ birth_columns('birth_date') }},
    {{ name_columns('mother') }},
    {{ id_no_columns('mother') }},
    {{ name_columns('father') }},
    {{ place_columns() }}
from records
{{ look_ups(
    'population_register',
    names=['child_name', 'mother_name', 'father_name'],
    id_numbers=['mother_id_no'],
    dates=['birth_date', 'reported_on'],
    codes=['child_sex'],
    places=true
) }}
