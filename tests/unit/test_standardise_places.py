"""Places, matched to the divisions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reference import Division
from pipeline.standardise.places import Gazetteer, Place

NAMES = {
    "110": ("城关镇", {"200": "东关社区", "201": "石岭村", "202": "北村村"}),
    "111": ("江屋乡", {"200": "长坳村", "201": "西背村", "202": "石坝村", "203": "南江村"}),
    "112": ("开发区街道", {"200": "南江村", "201": "永坑村", "202": "永吭村", "203": "七一社区"}),
}
DIVISIONS = {"999901": Division("999901", "云溪县", "county", "999900")}
for _township, (_name, _villages) in NAMES.items():
    DIVISIONS[f"999901{_township}"] = Division(f"999901{_township}", _name, "township", "999901")
    for _village, _village_name in _villages.items():
        _code = f"999901{_township}{_village}"
        DIVISIONS[_code] = Division(_code, _village_name, "village", f"999901{_township}")
GAZETTEER = Gazetteer(DIVISIONS, "999901")


@pytest.mark.parametrize(
    ("township", "village", "code", "matched_by"),
    [
        ("江屋乡", "长坳村", "111200", "exact"),
        (" 江屋乡", "长 坳 村", "111200", "exact"),
        ("江屋", "长坳", "111200", "suffix"),
        ("江屋乡", "长坳村委会", "111200", "suffix"),
        ("江屋乡", "长坳村3组", "111200", "exact"),
        ("江屋乡", "长坳村第三村民小组12号", "111200", "exact"),
        ("江屋乡", "檄背村", "111201", "sound"),
        ("江屋鄉", "西背", "111201", "suffix"),
        ("江屋乡", "示坝", "111202", "sound"),
        ("江屋乡", "西贝村", "111201", "sound"),
        ("江屋乡", "湿岭村", None, "exact"),
        ("城关镇", "湿岭村", "110201", "sound"),
        ("城关镇", "丁岭村", "110201", "one_character"),
        ("城关镇", "北村", "110202", "suffix"),
        ("城关镇", "东关居委会", "110200", "suffix"),
        ("云溪县江屋乡", "长坳村", "111200", "exact"),
        ("某省某市云溪县江屋乡", "长坳村", "111200", "exact"),
        ("江屋乡长坳村", "", "111200", "exact"),
        ("", "江屋乡长坳村", "111200", "exact"),
        ("江屋乡", "江屋乡长坳村", "111200", "exact"),
        ("", "长坳村", "111200", "exact"),
        ("看不清", "长坳", "111200", "suffix"),
        ("开发区街道", "永坑村", "112201", "exact"),
        ("开发区街道", "七一社区二组", "112203", "exact"),
        ("开发区街道", "七一", "112203", "suffix"),
        # two villages sound alike: neither is taken
        ("开发区街道", "雍坑村", None, "exact"),
        # a name that stands in two townships tells no township
        ("", "南江村", None, "none"),
        ("江屋乡", "南江", "111203", "suffix"),
    ],
)
def test_matching(township, village, code, matched_by):
    place = GAZETTEER.place(township, village)
    assert place.village_code == (f"999901{code}" if code else None)
    assert place.matched_by == matched_by
    if code:
        assert place.township_code == f"999901{code[:3]}"
        assert place.village_name_std == DIVISIONS[f"999901{code}"].name
        assert place.is_in_county is True


@pytest.mark.parametrize(
    ("township", "village"),
    [
        ("武阳县东江乡", ""),
        ("邻水县城关镇", ""),
        ("湖南省长沙市", ""),
        ("石门镇", "大村"),
        ("外县", ""),
        ("", "邻水县城关镇大村"),
        ("邻水县江屋乡", "长坳村"),
    ],
)
def test_outside_the_county(township, village):
    place = GAZETTEER.place(township, village)
    assert place.is_in_county is False
    assert place.township_code is None
    assert place.village_code is None


@pytest.mark.parametrize(("township", "village"), [("", ""), ("?", ""), ("", "无此村"), ("看不清", "看不清")])
def test_nothing_tells(township, village):
    assert GAZETTEER.place(township, village).is_in_county is None


def test_an_unmatched_village_keeps_its_name():
    assert GAZETTEER.place("江屋乡", "新 村") == Place("999901111", None, "新村", True, "exact")


@given(st.text(max_size=12), st.text(max_size=12))
def test_matching_never_fails_and_a_village_lies_in_its_township(township, village):
    place = GAZETTEER.place(township, village)
    if place.village_code:
        assert place.township_code == place.village_code[:9]
    if place.township_code:
        assert place.is_in_county is True


@pytest.fixture(scope="module")
def merged() -> Gazetteer:
    """江屋乡 was merged into 城关镇 with three of its villages, of which 石坝村 had been 坝上村."""
    divisions = {code: division for code, division in DIVISIONS.items() if not code.startswith("999901111")}
    divisions["999901110"] = replace(divisions["999901110"], former_names=("江屋乡", "北城镇"))
    for code, name, former in (("200", "长坳村", ()), ("202", "石坝村", ("坝上村",)), ("203", "南江村", ())):
        code = f"999901111{code}"
        divisions[code] = Division(code, name, "village", "999901110", former)
    return Gazetteer(divisions, "999901")


@pytest.mark.parametrize(
    ("township", "village", "code", "matched_by"),
    [
        ("江屋乡", "长坳村", "111200", "exact"),
        ("江屋", "长坳", "111200", "suffix"),
        ("北城镇", "石岭村", "110201", "exact"),
        ("江屋乡长坳村", "", "111200", "exact"),
        ("城关镇", "江屋乡长坳村", "111200", "exact"),
        ("城关镇", "坝上村", "111202", "exact"),
        ("城关镇", "石坝", "111202", "suffix"),
        ("城关镇", "坝尚", "111202", "sound"),
        ("开发区街道", "南江村", "112200", "exact"),
    ],
)
def test_a_former_name_stands_for_the_division_that_it_became(
    merged: Gazetteer, township: str, village: str, code: str, matched_by: str
) -> None:
    place = merged.place(township, village)
    assert (place.village_code, place.matched_by) == (f"999901{code}", matched_by)
    assert place.township_code == merged.divisions[place.village_code].parent_code


def test_a_present_name_goes_before_a_former_one() -> None:
    divisions = dict(DIVISIONS)
    # 石坝村 sounds as 示坝村 did, and that one's name is another village's now
    divisions["999901111200"] = replace(divisions["999901111200"], former_names=("石霸村",))
    place = Gazetteer(divisions, "999901").place("江屋乡", "示坝村")
    assert place.village_code == "999901111202"
