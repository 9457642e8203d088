"""A demo county's months end with the last whole month before its night, and what comes later comes later."""

import datetime as dt

from pipeline.home import Home
from pipeline.orchestration.nights.progress import Listener
from pipeline.orchestration.runs.demo import make_demo


class Silent(Listener):
    def began(self, step: str) -> None:
        pass

    def ended(self, step: str, seconds: float, said: str) -> None:
        pass


def test_months_end_before_the_night_and_the_rest_of_the_month_is_still_to_come(tmp_path):
    home = Home(tmp_path / "county")
    day = make_demo(home, plan=None, seed=None, births=60, as_of=dt.date(2025, 3, 5), listener=Silent())
    assert day == dt.date(2025, 3, 5)
    files = [path for path in home.landing.rglob("*") if path.is_file()]
    arrived = [dt.datetime.fromtimestamp(path.stat().st_mtime, home.settings.zone).date() for path in files]
    assert max(path.name for path in files if "household_registration_" in path.name)[:29].endswith("202502")
    assert min(arrived) < day < max(arrived)
    # a county that is there has its next night today
    assert make_demo(home, plan=None, seed=None, births=None, as_of=dt.date(2025, 4, 1), listener=Silent()) == dt.date(
        2025, 4, 1
    )
