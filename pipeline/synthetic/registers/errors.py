"""The field's errors in one text cell, each by name: pure functions from what is true to what was written.

Belongs here: what an error does to a cell. Does not: how often (the plan), where (`registers.yaml`), and errors
that need the row's other cells or its calendar (`cells.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from opencc import OpenCC

from pipeline.synthetic import vocabulary
from pipeline.synthetic.vocabulary import read_words

FULL_WIDTH = str.maketrans(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", "０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ"
)
TextError = Callable[[str, np.random.Generator], str]


def _replace_char(text: str, rng: np.random.Generator, options_of: Callable[[str], tuple[str, ...]]) -> str:
    """Replace one character that has options; given names rather than surnames, as the eye knows surnames."""
    places = [i for i in range(len(text)) if options_of(text[i])]
    if not places:
        return text
    place = places[-1 - int(rng.integers(len(places)) * rng.random())]
    options = options_of(text[place])
    return text[:place] + options[int(rng.integers(len(options)))] + text[place + 1 :]


def typo_sound(text: str, rng: np.random.Generator) -> str:
    """A character of the same sound: 玉 for 钰 (input by pinyin)."""
    return _replace_char(text, rng, vocabulary.same_sound)


def typo_near_sound(text: str, rng: np.random.Generator) -> str:
    """A character whose sound a dialect confuses: 林 for 玲."""
    return _replace_char(text, rng, vocabulary.near_sound)


def typo_shape(text: str, rng: np.random.Generator) -> str:
    """A character that looks alike: 未 for 末 (read from handwriting)."""
    return _replace_char(text, rng, vocabulary.same_shape)


@cache
def _to_traditional() -> OpenCC:
    return OpenCC("s2t")


def traditional_characters(text: str, rng: np.random.Generator) -> str:
    """The name in traditional characters: 張麗."""
    return str(_to_traditional().convert(text))


def name_spaced(text: str, rng: np.random.Generator) -> str:
    """A space that aligns two-character names with longer ones, or that a form left at the end."""
    spaced = text[0] + ("　" if rng.random() < 0.5 else " ") + text[1:]
    return spaced if len(text) == 2 and rng.random() < 0.6 else text + " "


def character_dropped(text: str, rng: np.random.Generator) -> str:
    """One character of a longer name is missing."""
    if len(text) < 3:
        return text
    place = 1 + int(rng.integers(len(text) - 1))
    return text[:place] + text[place + 1 :]


def _other_digit(digit: str, rng: np.random.Generator) -> str:
    return str((int(digit) + 1 + int(rng.integers(9))) % 10)


def wrong_digit(text: str, rng: np.random.Generator) -> str:
    """One digit is another."""
    places = [i for i, char in enumerate(text) if char.isdigit()]
    if not places:
        return text
    place = places[int(rng.integers(len(places)))]
    return text[:place] + _other_digit(text[place], rng) + text[place + 1 :]


def transposed(text: str, rng: np.random.Generator) -> str:
    """Two neighbouring digits have changed places."""
    places = [i for i in range(len(text) - 1) if text[i] != text[i + 1] and text[i : i + 2].isdigit()]
    if not places:
        return text
    place = places[int(rng.integers(len(places)))]
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def truncated(text: str, rng: np.random.Generator) -> str:
    """One character is missing."""
    place = int(rng.integers(len(text))) if text else 0
    return text[:place] + text[place + 1 :]


def id_15_digits(text: str, rng: np.random.Generator) -> str:
    """The number as issued before 1999: no century, no check digit."""
    return text[:6] + text[8:17]


def bad_check_digit(text: str, rng: np.random.Generator) -> str:
    """The last character is invented."""
    last = "0123456789X"
    return (
        text[:-1] + last[(last.index(text[-1].upper()) + 1 + int(rng.integers(10))) % 11] if text[-1:] in last else text
    )


def scientific(text: str, rng: np.random.Generator) -> str:
    """What a spreadsheet makes of a long number."""
    return f"{float(text):.5E}".replace("E+", "E+") if text.isdigit() else text


def digits_lost(text: str, rng: np.random.Generator, is_workbook: bool) -> str | float:
    """What is left of a number of 18 digits that stood in a number cell: fifteen of them, and zeros.

    A workbook has the quantity itself; a CSV of it either all its digits or 9.99911E+17. Another number stays.
    """
    if len(text) != 18 or not (text.isascii() and text.isdigit()):
        return text
    kept = text[:15] + "000"
    if is_workbook:
        return float(kept)
    return kept if rng.random() < 0.5 else scientific(kept, rng)


def full_width(text: str, rng: np.random.Generator) -> str:
    """Typed with a full-width input method."""
    return text.translate(FULL_WIDTH)


def lower_case(text: str, rng: np.random.Generator) -> str:
    """x for X."""
    return text.lower()


def phone_punctuated(text: str, rng: np.random.Generator) -> str:
    """The number in groups, or with the country's code."""
    forms = (f"{text[:3]}-{text[3:7]}-{text[7:]}", f"{text[:3]} {text[3:7]} {text[7:]}", f"+86{text}")
    return forms[int(rng.integers(len(forms)))]


def without_suffix(text: str, rng: np.random.Generator) -> str:
    """南寨 for 南寨村, 小兰 for 小兰镇."""
    return text[:-1] if len(text) > 2 else text


def with_committee(text: str, rng: np.random.Generator) -> str:
    """南寨村委会 or 南寨村民委员会 for 南寨村."""
    return text + ("委会" if rng.random() < 0.7 else "民委员会")


def placeholder_name(mother: str, sex: int, rank: int, plurality: int, rng: np.random.Generator) -> str:
    """What stands for a name that a newborn does not have yet: 王芳之子, 王芳子, 王芳之女大."""
    child = "子" if sex == 1 else "女"
    order = "大小三"[min(rank, 3) - 1] if plurality == 2 else "大二小"[min(rank, 3) - 1]
    forms = ("之" + child, "之" + child, "之" + child, child, "之婴" if plurality == 1 else "之" + child)
    return mother + forms[int(rng.integers(len(forms)))] + (order if plurality > 1 else "")


def nickname(name: str, rank: int, plurality: int, rng: np.random.Generator) -> str:
    """What the family calls the baby: 泽泽, 林泽泽, 阿安, 毛毛, and 大双, 小双 for twins."""
    if plurality > 1 and rng.random() < 0.4:
        return ("大双", "小双")[min(rank, 2) - 1]
    words = [char for char in read_words("names")["nicknames"] if char not in "妞牛"]
    own = name[-1:] if rng.random() < 0.5 else ""
    char = own or words[int(rng.integers(len(words)))]
    forms = (char * 2, char * 2, "阿" + char, "小" + char, name[:1] + char * 2)
    return forms[int(rng.integers(len(forms)))]


NAME_ERRORS: dict[str, TextError] = {
    "typo_sound": typo_sound,
    "typo_near_sound": typo_near_sound,
    "typo_shape": typo_shape,
    "traditional_characters": traditional_characters,
    "character_dropped": character_dropped,
    "name_spaced": name_spaced,
}
ID_ERRORS: dict[str, TextError] = {
    "id_wrong_digit": wrong_digit,
    "id_transposed": transposed,
    "id_truncated": truncated,
    "id_full_width": full_width,
    "id_scientific": scientific,
}
VILLAGE_ERRORS: dict[str, TextError] = {
    "village_typo_sound": typo_sound,
    "village_typo_shape": typo_shape,
    "village_without_suffix": without_suffix,
    "village_with_committee": with_committee,
}
TOWNSHIP_ERRORS: dict[str, TextError] = {"township_without_suffix": without_suffix}
PHONE_ERRORS: dict[str, TextError] = {"phone_typo": wrong_digit, "phone_punctuated": phone_punctuated}
CERTIFICATE_ERRORS: dict[str, TextError] = {"certificate_typo": wrong_digit, "certificate_lower_case": lower_case}
