"""Typed fields: how a raw value is checked, and what a guard sees of it.

Workflow code imports this, so heavy things are imported where they are used.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from compiler.divisions import abolished, exists
from compiler.kinds import FieldType

Value = str | int | bool
"""What `parse` returns: text, a count, 分 (for money) or a truth value."""


class FieldValueError(ValueError):
    """A raw value is not of its field's type; the message never repeats what may be personal."""


CEL_TYPES: dict[FieldType, str] = {
    "text": "STRING",
    "integer": "INT",
    "boolean": "BOOL",
    "money": "INT",
    "date": "STRING",
    "division": "STRING",
    "id_number": "STRING",
    "uscc": "STRING",
    "phone": "STRING",
}
"""FieldType → name of the CEL type. Money is an integer of 分; ISO dates order as text."""


def parse(kind: FieldType, raw: object) -> Value:
    """Check a raw value and bring it into its one form.

    Args:
        kind: The field's type.
        raw: Text, number or truth value as read from YAML, JSON or a form.

    Returns:
        Text for most types, `int` for integer and money (in 分), `bool` for boolean.

    Raises:
        FieldValueError: It is not of that type; the message says why.
    """
    return _PARSERS[kind](raw)


def _text(raw: object) -> str:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise FieldValueError("must be text")
    text = str(raw).strip()
    if not text:
        raise FieldValueError("must not be empty")
    return text


def _integer(raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and re.fullmatch(r"[-+]?[0-9]{1,18}", raw.strip()):
        return int(raw)
    raise FieldValueError("must be a whole number")


def _boolean(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    if raw in ("true", "false"):
        return raw == "true"
    raise FieldValueError("must be true or false")


def _money(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise FieldValueError("must be an amount in yuan")
    try:
        cents = Decimal(str(raw).strip()) * 100
    except InvalidOperation:
        raise FieldValueError("must be an amount in yuan, like 1234.50") from None
    if not cents.is_finite() or cents < 0 or cents > 10**15:
        raise FieldValueError("must be an amount in yuan, not below 0")
    if cents != cents.to_integral_value():
        raise FieldValueError("must have at most two decimals (分)")
    return int(cents)


def _date(raw: object) -> str:
    text = _text(raw)
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise FieldValueError("must be a date like 2026-03-31") from None


def _division(raw: object) -> str:
    text = _text(raw)
    if exists(text):
        return text
    if not re.fullmatch(r"[0-9]{6}", text):
        raise FieldValueError("must be a division code of six digits, like 440300")
    was = abolished(text)
    if was:
        raise FieldValueError(f"division {text} was abolished ({was}); use today's code")
    raise FieldValueError(f"division {text} does not exist (GB/T 2260)")


def _id_number(raw: object) -> str:
    from stdnum.cn import ric  # noqa: PLC0415
    from stdnum.exceptions import ValidationError  # noqa: PLC0415

    text = ric.compact(_text(raw))
    if not re.fullmatch(r"[0-9]{17}[0-9X]", text):
        raise FieldValueError("must be an ID number of 18 digits, the last may be X")
    if text[-1] != ric.calc_check_digit(text):
        raise FieldValueError("ID number has a wrong check digit (GB 11643)")
    # Not `ric.validate`: it refuses people first registered after their birth place's code was
    # abolished, and residents' permits of 港澳台 (81, 82, 83).
    try:
        ric.get_birth_date(text)
    except ValidationError:
        raise FieldValueError("ID number has no real date of birth") from None
    return str(text)


def _uscc(raw: object) -> str:
    from stdnum.cn import uscc  # noqa: PLC0415
    from stdnum.exceptions import InvalidChecksum, ValidationError  # noqa: PLC0415

    try:
        return str(uscc.validate(_text(raw)))
    except InvalidChecksum:
        raise FieldValueError(
            "unified social credit code has a wrong check digit (GB 32100)"
        ) from None
    except ValidationError:
        raise FieldValueError("is not a unified social credit code of 18 characters") from None


def _phone(raw: object) -> str:
    text = re.sub(r"[\s()-]", "", _text(raw))
    if not re.fullmatch(r"\+?[0-9]{7,15}", text):
        raise FieldValueError("must be a phone number of 7 to 15 digits")
    return text


_PARSERS: dict[FieldType, Callable[[object], Value]] = {
    "text": _text,
    "integer": _integer,
    "boolean": _boolean,
    "money": _money,
    "date": _date,
    "division": _division,
    "id_number": _id_number,
    "uscc": _uscc,
    "phone": _phone,
}
