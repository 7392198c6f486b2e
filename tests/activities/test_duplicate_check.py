"""Duplicates are found by keyed hashes that any province makes alike and nobody can guess."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import Session, select
from temporalio.testing import ActivityEnvironment

from activities.duplicates import DuplicateActivities, filing_hash
from compiler.applicant import Applicant
from engine.keys import FEDERATION, KeyFile, ensure_keys, purpose_keys, rotate
from engine.settings import Settings
from engine.topology import Topology
from ledger.database import open_database
from ledger.filings import OpenFiling
from workflows.contracts import DuplicateRequest, FilingRelease

GUANGDONG, HUNAN = Topology.load(Settings.load().topology).select("440000,430000")
PERSON = Applicant(kind="individual", name="林晓梅", id_number="11010519491231002X")
PARTNER = Applicant(kind="individual", name="周建国", id_number="430102198511230014")
COMPANY = Applicant(kind="enterprise", name="某公司", uscc="91110000600037341L")
FIRST, SECOND, THIRD = (f"440000-20260301-{letter * 8}" for letter in "ABC")

Make = Callable[[], DuplicateActivities]


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Keys of two provinces and the federation."""
    ensure_keys(tmp_path / "keys", (GUANGDONG, HUNAN))
    return tmp_path / "keys"


@pytest.fixture
def make(keys: Path, tmp_path: Path) -> Make:
    """Make activities as a worker of 湖南 does at its start, all on one register."""
    engine = open_database(f"sqlite:///{tmp_path}/registers.db")

    def made() -> DuplicateActivities:
        return DuplicateActivities.of(engine, lambda: purpose_keys(keys, "duplicates"))

    return made


def request(case_no: str, *applicants: Applicant, matter: str = "2021-02") -> DuplicateRequest:
    """Ask about a case that 湖南 is to accept."""
    persons = applicants or (PERSON,)
    return DuplicateRequest(case_no=case_no, matter=matter, province="430000", applicants=persons)


async def test_the_same_person_and_matter_is_found_until_it_is_released(
    env: ActivityEnvironment, make: Make
) -> None:
    """Spelling, name and phone do not matter; another matter or person is no duplicate."""
    acts = make()
    assert (await env.run(acts.check_duplicate, request(FIRST))).duplicate_of == ""
    spelling = {"id_number": "１１010519491231002x ", "name": "林小梅", "phone": "1"}
    same = PERSON.model_copy(update=spelling)
    assert (await env.run(acts.check_duplicate, request(SECOND, same))).duplicate_of == FIRST
    for other in (
        request("440000-20260301-DDDDDDDD", matter="2021-03"),
        request("440000-20260301-EEEEEEEE", PARTNER),
        request("440000-20260301-FFFFFFFF", COMPANY),
    ):
        assert (await env.run(acts.check_duplicate, other)).duplicate_of == ""
    for case_no in (FIRST, SECOND):
        release = FilingRelease(case_no=case_no, province="430000")
        assert (await env.run(acts.release_filing, release)).known
    assert (await env.run(acts.check_duplicate, request(THIRD))).duplicate_of == ""


async def test_a_couple_is_the_same_whoever_of_them_files(
    env: ActivityEnvironment, make: Make
) -> None:
    """The hash is over all who apply together, in no order."""
    acts = make()
    assert not (await env.run(acts.check_duplicate, request(FIRST, PERSON, PARTNER))).duplicate_of
    swapped = request(SECOND, PARTNER, PERSON)
    assert (await env.run(acts.check_duplicate, swapped)).duplicate_of == FIRST


async def test_a_filing_from_before_a_rotation_is_found(
    env: ActivityEnvironment, make: Make, keys: Path
) -> None:
    """A worker that runs meanwhile uses the new key, and still knows the old one."""
    running = make()
    await env.run(running.check_duplicate, request(FIRST))
    rotate(keys, FEDERATION)
    assert (await env.run(make().check_duplicate, request(SECOND))).duplicate_of == FIRST
    release = FilingRelease(case_no=FIRST, province="430000")
    await env.run(running.release_filing, release)
    assert (await env.run(running.check_duplicate, request(THIRD))).duplicate_of == SECOND


def test_only_who_has_the_federations_key_makes_the_hash(keys: Path, tmp_path: Path) -> None:
    """Derived from it, and neither it nor the key of another purpose."""
    (secret,) = purpose_keys(keys, "duplicates")
    federation = KeyFile.load(keys / f"{FEDERATION}.json")
    assert secret not in (federation.keys[federation.active], *purpose_keys(keys, "other"))
    ensure_keys(tmp_path / "stranger", (GUANGDONG,))
    (other,) = purpose_keys(tmp_path / "stranger", "duplicates")
    assert filing_hash(secret, "2021-02", (PERSON,)) != filing_hash(other, "2021-02", (PERSON,))


async def test_the_register_holds_nothing_personal(
    env: ActivityEnvironment, make: Make, tmp_path: Path
) -> None:
    """Neither numbers nor names are in the file, nor a hash that could be made without the key."""
    acts = make()
    await env.run(acts.check_duplicate, request(FIRST, PERSON, PARTNER))
    with Session(open_database(f"sqlite:///{tmp_path}/registers.db")) as session:
        (row,) = session.exec(select(OpenFiling)).all()
    assert len(row.hash) == 64
    assert row.hash != filing_hash(b"", "2021-02", (PERSON, PARTNER))
    for file in tmp_path.glob("registers.db*"):
        content = file.read_bytes()
        for person in (PERSON, PARTNER):
            assert person.id_number.encode() not in content
            assert person.name.encode() not in content
