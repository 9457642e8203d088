{{ config(materialized='view', tags=['before_linkage']) }}

{{ union_registers(kinds=['birth', 'later_contact']) }}
