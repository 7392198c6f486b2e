"""原件 that were sent on come back on every path, or the compiler says where they stay."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from compiler.catalogue import Catalogue

Make = Callable[..., Catalogue]

HEAD = """\
procedure: plain
title: 代收代办
home: filing
places:
  filing: {is: 申报地, value: portal.division, unit: 平台}
  handling:
waits:
  agency: {owner: 办理机关, late: [red@100%]}
steps:
  - intake: {kind: intake, at: filing}
  - dispatch: {kind: transport, from: filing, to: handling}
  - accept:
      kind: accept
      at: handling
      within: 5 workdays
      wait: agency
      on: {not_accepted: last, lapsed: last}
  - decide: {kind: decide, at: handling, within: 9 workdays, wait: agency, ON}
  - last: {kind: LAST}
"""
TO_THE_END = "on: {rejected: last, lapsed: last}"


@pytest.mark.parametrize(
    ("last", "on", "codes"),
    [
        ("deliver, at: handling, by: courier", TO_THE_END, []),
        ("deliver, at: handling, by: electronic", TO_THE_END, ["KS049"]),
        ("deliver, at: handling, by: courier", "on: {rejected: last}", ["KS049"]),
        ("archive, at: handling", TO_THE_END, []),
    ],
    ids=["by courier", "only electronically", "not when papers lapsed", "kept in the file"],
)
def test_papers_that_were_sent_on_come_back_or_are_accounted_for(
    make: Make, last: str, on: str, codes: list[str]
) -> None:
    """Every way to the end is looked at, also those that a procedure does not name with `on`."""
    catalogue = make(procedure=HEAD.replace("LAST", last).replace("ON}", on + "}"))
    assert [found.code for found in catalogue.compile_all()] == codes
