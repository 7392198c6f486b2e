"""Numbers of documents: one after the other, each once, whoever asks and however often."""

from __future__ import annotations

import datetime as dt
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from errors import SettingsError, UnreachableError
from ledger.database import open_database
from ledger.numbers import DocumentNumber, Number, Numbers, NumberSeries, Series

ROOT = Path(__file__).resolve().parents[2]
AT = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)
SERIES = Series("430102", "公安机关", "受理", 2026)

TAKER = """
import datetime as dt, sys
from ledger.database import open_database
from ledger.numbers import Numbers, Series

numbers = Numbers(open_database(sys.argv[1]))
series = Series("430102", "公安机关", "受理", 2026)
print("ready", flush=True)
sys.stdin.readline()
for key in sys.argv[2].split(","):
    print(key, numbers.take(series, key, dt.datetime(2026, 3, 1, tzinfo=dt.UTC)).serial)
"""
"""A process that takes numbers under the keys it is given, once it is told to begin."""


def url(folder: Path) -> str:
    return f"sqlite:///{folder}/registers.db"


def numbers(folder: Path) -> Numbers:
    return Numbers(open_database(url(folder)))


def test_a_series_counts_from_one_and_reads_like_a_number(tmp_path: Path) -> None:
    """Each division, unit, word and year has a series of its own."""
    register = numbers(tmp_path)
    assert str(register.take(SERIES, "a", AT)) == "430102公安机关受理〔2026〕1号"
    assert str(register.take(SERIES, "b", AT)) == "430102公安机关受理〔2026〕2号"
    others = [
        SERIES._replace(division="430103"),
        SERIES._replace(unit="民政部门"),
        SERIES._replace(word="补正"),
        SERIES._replace(year=2027),
    ]
    assert [register.take(other, str(other), AT).serial for other in others] == [1, 1, 1, 1]


def test_the_same_key_keeps_its_number_over_a_reopened_database(tmp_path: Path) -> None:
    """A number is on disk before it is told; the same key finds it for ever."""
    before = numbers(tmp_path)
    first = [before.take(SERIES, key, AT) for key in "abc"]
    after = numbers(tmp_path)
    assert [after.take(SERIES, key, AT) for key in "cab"] == [first[2], first[0], first[1]]
    assert after.take(SERIES, "d", AT).serial == 4


def test_a_key_that_comes_back_in_another_year_keeps_its_number(tmp_path: Path) -> None:
    """An attempt that is repeated after New Year is still the document of before."""
    register = numbers(tmp_path)
    first = register.take(SERIES, "a", AT)
    assert register.take(SERIES._replace(year=2027), "a", AT) == first
    assert register.take(SERIES._replace(year=2027), "b", AT).serial == 1


@settings(max_examples=20, deadline=None)
@given(keys=st.lists(st.integers(0, 9).map(str), max_size=40))
def test_serials_have_neither_gaps_nor_repeats(
    tmp_path_factory: pytest.TempPathFactory, keys: list[str]
) -> None:
    """However keys repeat: as many numbers as keys, in the order in which they first came."""
    register = numbers(tmp_path_factory.mktemp("numbers"))
    taken = {key: register.take(SERIES, key, AT).serial for key in keys}
    assert taken == {key: n for n, key in enumerate(dict.fromkeys(keys), 1)}


def test_threads_and_processes_at_once_share_one_series(tmp_path: Path) -> None:
    """Eight threads here and two processes, on a database that none has made yet."""
    mine = [f"mine-{n}" for n in range(60)]
    theirs = [f"theirs-{n}" for n in range(40)]
    keys = ",".join([*theirs, *mine[:20], *theirs])
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", TAKER, url(tmp_path), keys], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for _ in range(2)
    ]  # fmt: skip
    register = numbers(tmp_path)
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    with ThreadPoolExecutor(8) as threads:
        told = [process.stdin for process in processes]
        for begin in told:
            assert begin is not None
            begin.write("\n")
            begin.flush()
        here = list(threads.map(lambda key: (key, register.take(SERIES, key, AT).serial), mine * 3))
    there = [process.communicate()[0].split() for process in processes]
    assert all(process.returncode == 0 for process in processes)
    said = {
        (key, int(serial)) for out in there for key, serial in zip(out[::2], out[1::2], strict=True)
    }
    every = said | set(here)
    assert {key for key, _ in every} == {*mine, *theirs}
    assert sorted(serial for _, serial in every) == list(range(1, 101))


def test_a_new_series_is_made_once_by_all_who_want_it(tmp_path: Path) -> None:
    """The first number of a year is wanted by many at once: it goes to one of them."""
    register = numbers(tmp_path)
    for year in range(2026, 2036):
        wanted = [(SERIES._replace(year=year), f"{year}-{n}", AT) for n in range(8)]
        with ThreadPoolExecutor(8) as threads:
            taken = threads.map(register.take, *zip(*wanted, strict=True))
        assert sorted(number.serial for number in taken) == list(range(1, 9))


def test_a_register_in_memory_is_shared_by_all_threads() -> None:
    """For runs that leave nothing behind: one connection, whoever asks."""
    register = Numbers(open_database("sqlite://"))
    with ThreadPoolExecutor(8) as threads:
        taken = threads.map(lambda n: register.take(SERIES, f"{n}", AT).serial, range(40))
    assert sorted(taken) == list(range(1, 41))


def test_an_attempt_that_dies_leaves_no_gap(tmp_path: Path) -> None:
    """What was counted but not kept is counted again: a date that cannot be stored is refused."""
    register = numbers(tmp_path)
    register.take(SERIES, "a", AT)
    with pytest.raises(Exception, match="DateTime"):
        register.take(SERIES, "b", "yesterday")  # type: ignore[arg-type]
    assert register.take(SERIES, "c", AT) == Number(SERIES, 2)


def test_the_register_says_when_and_for_what(tmp_path: Path) -> None:
    """Serial, key and moment of each number stand in the tables, for who keeps the books."""
    engine = open_database(url(tmp_path))
    register = Numbers(engine)
    for key in "abc":
        register.take(SERIES, key, AT)
    with Session(engine) as session:
        rows = session.exec(select(DocumentNumber).order_by(col(DocumentNumber.serial))).all()
        [series] = session.exec(select(NumberSeries)).all()
    assert [(row.key, row.serial) for row in rows] == [("a", 1), ("b", 2), ("c", 3)]
    assert all(later.serial == row.serial + 1 for row, later in pairwise(rows))
    assert {row.issued_at.replace(tzinfo=dt.UTC) for row in rows} == {AT}
    assert series.last == 3


def test_the_file_is_its_owners_only(tmp_path: Path) -> None:
    """Mode 0600, with what SQLite writes beside it."""
    register = numbers(tmp_path / "new")
    register.take(SERIES, "a", AT)
    files = sorted((tmp_path / "new").iterdir())
    assert files[0].name == "registers.db"
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


@pytest.mark.parametrize("wrong", ["nonsense", "nosuch://localhost/x", "oracle://u:secret@h/x"])
def test_a_wrong_url_is_a_settings_error_without_its_password(wrong: str) -> None:
    """One line that names the setting."""
    with pytest.raises(SettingsError, match="KUASHENG_DATABASE") as raised:
        open_database(wrong)
    assert "secret" not in str(raised.value)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    """One line with the file's place."""
    (tmp_path / "registers.db").write_text("not a database, but long enough to look at" * 30)
    with pytest.raises(UnreachableError, match=r"registers\.db does not answer"):
        open_database(url(tmp_path))
