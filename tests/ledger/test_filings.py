"""Open filings: who was there first, whoever asks at once, and nothing that names a person."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlmodel import Session, select

from errors import UnreachableError
from ledger.database import open_database
from ledger.filings import Filing, Filings, OpenFiling

ROOT = Path(__file__).resolve().parents[2]
AT = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)
LATER = AT + dt.timedelta(days=9)
FIRST = Filing("430000", "440000-20260301-AAAAAAAA", "2021-02")
SECOND = FIRST._replace(case_no="330000-20260301-BBBBBBBB")
THIRD = FIRST._replace(case_no="110000-20260301-CCCCCCCC")
HASH = "ab" * 32

OPENER = """
import datetime as dt, sys
from ledger.database import open_database
from ledger.filings import Filing, Filings

filings = Filings(open_database(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
filing = Filing("430000", sys.argv[2], "2021-02")
print(filings.open(filing, [sys.argv[3]], dt.datetime(2026, 3, 1, tzinfo=dt.UTC)))
"""
"""A process that opens one filing, once it is told to begin."""


def url(folder: Path) -> str:
    return f"sqlite:///{folder}/registers.db"


@pytest.fixture
def filings(tmp_path: Path) -> Filings:
    """An empty register."""
    return Filings(open_database(url(tmp_path)))


def test_the_second_filing_finds_the_first_while_it_is_open(filings: Filings) -> None:
    """Two cases of the same persons and matter: only the later one is a duplicate."""
    assert filings.open(FIRST, [HASH], AT) == ""
    assert filings.open(SECOND, [HASH], LATER) == FIRST.case_no
    assert filings.open(THIRD, ["cd" * 32], LATER) == ""


def test_the_first_answer_counts(filings: Filings) -> None:
    """A repeated attempt hears the same, also after the other case came or went."""
    filings.open(FIRST, [HASH], AT)
    filings.open(SECOND, [HASH], AT)
    assert filings.open(FIRST, [HASH], LATER) == ""
    filings.release(FIRST.province, FIRST.case_no, LATER)
    assert filings.open(SECOND, [HASH], LATER) == FIRST.case_no


def test_a_released_filing_is_nobodys_duplicate(filings: Filings) -> None:
    """Who is refused or done may apply again; another open one still counts."""
    filings.open(FIRST, [HASH], AT)
    filings.open(SECOND, [HASH], LATER)
    assert filings.release(FIRST.province, FIRST.case_no, LATER)
    assert filings.open(THIRD, [HASH], LATER) == SECOND.case_no
    filings.release(SECOND.province, SECOND.case_no, LATER)
    filings.release(THIRD.province, THIRD.case_no, LATER)
    fourth = FIRST._replace(case_no="440000-20260401-DDDDDDDD")
    assert filings.open(fourth, [HASH], LATER) == ""


def test_releasing_again_or_what_is_unknown_changes_nothing(
    filings: Filings, tmp_path: Path
) -> None:
    """The first release counts; a case that was never registered is not known."""
    filings.open(FIRST, [HASH], AT)
    assert filings.release(FIRST.province, FIRST.case_no, LATER)
    assert filings.release(FIRST.province, FIRST.case_no, LATER + dt.timedelta(days=1))
    assert not filings.release(SECOND.province, SECOND.case_no, LATER)
    with Session(open_database(url(tmp_path))) as session:
        row = session.exec(select(OpenFiling)).one()
        assert row.closed_at is not None
        assert row.closed_at.replace(tzinfo=dt.UTC) == LATER


def test_each_province_keeps_its_own(filings: Filings) -> None:
    """The same case may be open in two provinces; neither is a duplicate of itself elsewhere."""
    assert filings.open(FIRST, [HASH], AT) == ""
    assert filings.open(SECOND._replace(province="510000"), [HASH], AT) == ""


def test_a_filing_kept_under_an_older_key_is_found(filings: Filings) -> None:
    """After a rotation the hash differs: the older keys' hashes are looked for as well."""
    filings.open(FIRST, [HASH], AT)
    assert filings.open(SECOND, ["cd" * 32, HASH], LATER) == FIRST.case_no
    assert filings.open(THIRD, ["cd" * 32], LATER) == SECOND.case_no


def test_of_threads_that_file_at_once_exactly_one_is_first(filings: Filings) -> None:
    """All others name it."""
    cases = [FIRST._replace(case_no=f"440000-20260301-{n:08}") for n in range(12)]
    with ThreadPoolExecutor(len(cases)) as threads:
        found = list(threads.map(lambda case: filings.open(case, [HASH], AT), cases))
    (first,) = (case.case_no for case, other in zip(cases, found, strict=True) if not other)
    assert set(found) == {"", first}


def test_of_processes_that_file_at_once_exactly_one_is_first(tmp_path: Path) -> None:
    """Workers of one province share the register, not memory."""
    cases = [f"440000-20260301-{n:08}" for n in range(4)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER, url(tmp_path), case, HASH],
            cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for case in cases
    ]  # fmt: skip
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    found = [process.communicate(timeout=30)[0].strip() for process in processes]
    (first,) = (case for case, other in zip(cases, found, strict=True) if not other)
    assert set(found) == {"", first}


def test_a_register_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """One line without statement or hash; trying again is safe."""
    engine = open_database(url(tmp_path))
    OpenFiling.__table__.drop(engine)  # type: ignore[attr-defined]
    for ask in (
        lambda: Filings(engine).open(FIRST, [HASH], AT),
        lambda: Filings(engine).release(FIRST.province, FIRST.case_no, AT),
    ):
        with pytest.raises(UnreachableError, match="does not answer") as caught:
            ask()
        assert HASH not in str(caught.value)
