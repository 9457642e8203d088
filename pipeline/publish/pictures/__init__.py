"""Pictures of what registers hold: their overlap, their completeness with intervals, delays to registration.

Belongs here: reading these numbers of a release or a warehouse and drawing them. They are numbers of people that pass
no disclosure control: pages that leave the office must not show them. Does not: sections of a bulletin, or trends.
"""
