"""Numbers of official documents (文号), derived so that a repeated attempt gives the same."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib

CHINA = dt.timezone(dt.timedelta(hours=8))
"""One time zone in the whole country: the year of a number is the year there."""

WORDS = {
    "intake": "收件",
    "accept": "受理",
    "refuse": "不予受理",
    "correct": "补正",
    "approve": "准予",
    "reject": "不予",
    "reply": "函复",
    "resolve": "处置",
    "pass": "审查意见",
    "fail": "审查意见",
    "capture": "采集",
    "hand_out": "领取",
}
"""An act → the word of its document's number (字)."""


def document_no(division: str, unit: str, act: str, at: dt.datetime, key: str) -> str:
    """Return a number like `430102公安机关受理〔2026〕7KQ2M4XZ号`.

    Args:
        division: Six digits, where the unit stands.
        unit: The acting unit (实施主体).
        act: The act; one without a word of its own stands as it is.
        at: When the act was put on record.
        key: The act's idempotency key, which alone decides the last eight characters.
    """
    serial = base64.b32encode(hashlib.sha256(key.encode()).digest()).decode()[:8]
    return f"{division}{unit}{WORDS.get(act, act)}〔{at.astimezone(CHINA).year}〕{serial}号"
