-- without them no pair would be in the review band and no gap would have a probability, and nobody would notice
{{ config(
    tags=['after_linkage'],
    meta={'description': 'Every setting of the county that SQL after linkage reads is there.'}
) }}
select count(*) as settings_count
from {{ source('publish', 'settings') }}
where
    name in (
        'review_low', 'review_high', 'gap_sole_spread', 'gap_sole_allowance', 'gap_prior_children', 'gap_infant_deaths',
        'gap_usual_omitted_share'
    )
having count(*) <> 7
