{{ config(tags=['before_linkage']) }}

select
    record_key,
    record_no as marriage_no,
    unit_code,
    period,
    husband_name_std,
    husband_name_pinyin,
    husband_id_no,
    husband_id_no_is_valid,
    wife_name_std,
    wife_name_pinyin,
    wife_id_no,
    wife_id_no_is_valid,
    registered_on
from {{ ref('stg_civil_affairs__marriage') }}
