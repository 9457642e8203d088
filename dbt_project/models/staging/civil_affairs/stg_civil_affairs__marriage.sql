with records as (
    {{ current_records('marriage', record_no='marriage_no') }}
)

select
    {{ record_columns('civil_affairs') }},
    {{ name_columns('husband') }},
    {{ id_no_columns('husband') }},
    {{ name_columns('wife') }},
    {{ id_no_columns('wife') }},
    registered_on.date_std as registered_on
from records
{{ look_ups(
    'marriage',
    names=['husband_name', 'wife_name'],
    id_numbers=['husband_id_no', 'wife_id_no'],
    dates=['registered_on']
) }}
