"""Typed fields and divisions."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.divisions import abolished, exists, name_of, province_of
from compiler.fields import CEL_TYPES, FieldValueError, parse
from compiler.kinds import FieldType


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("text", " 张三 ", "张三"), ("text", 42, "42"), ("integer", "12", 12),
        ("boolean", "true", True), ("money", "1234.5", 123450), ("money", 0.1, 10),
        ("date", "2026-03-31", "2026-03-31"), ("division", 440300, "440300"),
        ("division", "660000", "660000"), ("division", "000000", "000000"),
        ("id_number", "11010519491231002x", "11010519491231002X"),
        ("uscc", "91110000600037341L", "91110000600037341L"),
        ("phone", "138 0013-8000", "13800138000"),
    ],
)  # fmt: skip
def test_a_right_value_gets_its_one_form(kind: FieldType, raw: object, value: object) -> None:
    """However it was typed, the case holds the canonical value."""
    assert parse(kind, raw) == value


@pytest.mark.parametrize(
    ("kind", "raw", "message"),
    [
        ("id_number", "110105194912310021", "ID number has a wrong check digit (GB 11643)"),
        ("id_number", "1101", "must be an ID number of 18 digits, the last may be X"),
        ("id_number", "110105194913310021", "ID number has no real date of birth"),
        ("uscc", "911100006000373410",
         "unified social credit code has a wrong check digit (GB 32100)"),
        ("division", "999999", "division 999999 does not exist (GB/T 2260)"),
        ("division", "110103",
         "division 110103 was abolished (崇文区, until 2010); use today's code"),
        ("division", "深圳", "must be a division code of six digits, like 440300"),
        ("money", "1.234", "must have at most two decimals (分)"),
        ("money", "-1", "must be an amount in yuan, not below 0"),
        ("money", "NaN", "must be an amount in yuan, not below 0"),
        ("money", "twelve", "must be an amount in yuan, like 1234.50"),
        ("date", "31.3.2026", "must be a date like 2026-03-31"),
        ("integer", True, "must be a whole number"), ("boolean", 1, "must be true or false"),
        ("phone", "12", "must be a phone number of 7 to 15 digits"),
        ("text", "", "must not be empty"),
        ("text", ["a"], "must be text"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_why(kind: FieldType, raw: object, message: str) -> None:
    """One clear line, without repeating a personal value."""
    with pytest.raises(FieldValueError) as caught:
        parse(kind, raw)
    assert str(caught.value) == message


@given(st.decimals(0, 10**9, places=2))
def test_money_is_exact_to_the_fen(amount: Decimal) -> None:
    """No amount loses a 分 on its way through text."""
    assert parse("money", str(amount)) == int(amount * 100)


@given(st.integers(0, 9), st.integers(0, 16))
def test_one_wrong_digit_in_an_id_number_is_always_found(digit: int, place: int) -> None:
    """GB 11643 finds every single wrong digit."""
    right = "11010519491231002X"
    wrong = right[:place] + str(digit) + right[place + 1 :]
    if wrong != right:
        with pytest.raises(FieldValueError):
            parse("id_number", wrong)


def test_every_type_has_a_cel_type() -> None:
    """One table serves guards and forms alike."""
    for kind in FieldType.__args__:  # type: ignore[attr-defined]
        assert CEL_TYPES[kind] in {"STRING", "INT", "BOOL"}


def test_divisions_have_names_and_provinces() -> None:
    """A city knows its province; the corps and the centre are provinces of their own."""
    assert [name_of(c) for c in ("440300", "430000", "660000", "000000")] == [
        "深圳市", "湖南省", "新疆生产建设兵团", "中央",
    ]  # fmt: skip
    assert province_of("440300") == "440000"
    assert not exists("110103")
    assert abolished("110103") == "崇文区, until 2010"
    assert not exists("44030")
