"""Numbers of official documents (文号): which series an act or a document counts in."""

from __future__ import annotations

import datetime as dt

from compiler.calendars import CHINA
from ledger.numbers import Series

WORDS = {
    # Acts that end a task.
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
    "hand_out": "送达",
    "dispatch": "交寄",
    "sign_for": "签收",
    # Operations on a task.
    "claim": "签领",
    "release": "释放",
    "transfer": "转办",
    "delegate": "委派",
    "add_signer": "加签",
    "sign": "会签",
    "copy": "抄送",
    "send_back": "退回",
    "suspend": "特别程序",
    "resume": "恢复",
    "extend": "延期",
    "answer_supervision": "督办答复",
    "close_out": "督办销号",
    "supervise": "督办",
    # What is done to a result, or to a case as a whole.
    "terminate": "终止",
    "revoke": "撤销",
    "cancel": "注销",
    "void": "作废",
    "amend": "更正",
    "rectify": "整改",
    "appeal": "差评申诉",
    "uphold": "申诉结论",
    "dismiss": "申诉结论",
    "call_back": "回访",
    "record_credit": "信用",
    # Documents without an officer's act, by their template.
    "custody_note": "流转",
    "deemed_acceptance_notice": "视为受理",
    "letter": "函",
    "withdrawal_notice": "撤回",
}
"""An act, or a template, → the word of its document's number (字). Equal words share a series."""


def word(act: str, template: str = "") -> str:
    """Return the word of an act's document; an act without one stands as it is.

    A document without an act of its own counts in its template's series.
    """
    return WORDS.get(act) or WORDS.get(template) or act or template


def series(division: str, unit: str, word_: str, at: dt.datetime) -> Series:
    """Return the series of a number like `430102公安机关受理〔2026〕12号`.

    Args:
        division: Six digits, where the unit stands.
        unit: The acting unit (实施主体).
        word_: See `word`.
        at: When the document is issued: the year is the one in China.
    """
    return Series(division, unit, word_, at.astimezone(CHINA).year)
