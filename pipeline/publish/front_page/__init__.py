"""The front page of `reports/`: what came, what is to be done and by whom, how the registers have done, all links.

Belongs here: what the office reads first each morning. No number of it leaves the office, and no name of a person is on
it. Does not: bulletins, which a month's figures leave the office with.
"""
