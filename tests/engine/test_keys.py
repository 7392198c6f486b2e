"""Keys: files, ids, rotation."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.keys import FEDERATION, KeyFile, Keyring, ensure_keys, key_id, purpose_keys, rotate
from engine.settings import Settings
from engine.topology import Topology
from errors import SettingsError

TOPOLOGY = Topology.load(Settings.load().topology)
GUANGDONG, HUNAN = TOPOLOGY.select("440000,430000")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the keys of two provinces."""
    ensure_keys(tmp_path / "keys", (GUANGDONG, HUNAN))
    return tmp_path / "keys"


def test_a_provinces_process_holds_its_own_and_the_federations_key_only(folder: Path) -> None:
    """Another province's key is never in a province's keyring."""
    ring = Keyring.for_province(folder, GUANGDONG)
    assert [name.rpartition("-")[0] for name in ring.ids] == ["province-440000", FEDERATION]
    hunan = Keyring.for_province(folder, HUNAN)
    assert set(ring.ids) & set(hunan.ids) == {ring.active("federation")[0]}


def test_key_files_are_made_once_and_only_their_owner_reads_them(folder: Path) -> None:
    """A second `ensure_keys` leaves every byte as it was; mode 0600."""
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    ensure_keys(folder, (GUANGDONG, HUNAN))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert sorted(before) == ["federation.json", "province-430000.json", "province-440000.json"]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_rotation_keeps_old_keys_and_a_running_process_finds_the_new_one(folder: Path) -> None:
    """The keyring of a process that runs already looks again before it calls a key unknown."""
    running = Keyring.for_province(folder, GUANGDONG)
    old = running.active("own")[0]
    new = rotate(folder, "province-440000")
    assert running.active("own")[0] == old
    assert running.find(new) is not None
    assert running.active("own")[0] == new
    assert running.find(old) is not None
    assert Keyring.for_province(folder, GUANGDONG).active("own")[0] == new


def test_a_key_id_tells_keys_apart() -> None:
    """Two keys of one owner have two ids, and an id says whose key it is."""
    one, two = KeyFile.new("federation"), KeyFile.new("federation")
    assert one.active != two.active
    assert key_id("federation", one.keys[one.active]) == one.active


def test_missing_keys_say_where_they_are_looked_for(tmp_path: Path) -> None:
    """The message names the file and the setting."""
    with pytest.raises(SettingsError) as caught:
        Keyring.for_province(tmp_path, GUANGDONG)
    assert str(caught.value) == (
        f"no keys of province-440000: {tmp_path}/province-440000.json cannot be read "
        "(No such file or directory): point --data or KUASHENG_DATA to the folder that "
        "`kuasheng up` uses"
    )


@pytest.mark.parametrize("damage", ['{"active": 1', "[]", '{"active": "x", "keys": {}}'])
def test_a_damaged_key_file_is_refused(folder: Path, damage: str) -> None:
    """Never a key that is silently wrong."""
    (folder / "federation.json").write_text(damage)
    with pytest.raises(SettingsError, match=r"federation\.json.*restore"):
        Keyring.for_province(folder, GUANGDONG)


def test_a_key_under_a_false_id_is_refused(folder: Path) -> None:
    """A key file copied over another owner's is found out by its ids."""
    (folder / "province-440000.json").write_bytes((folder / "province-430000.json").read_bytes())
    with pytest.raises(SettingsError, match="is not what its id says"):
        Keyring.for_province(folder, GUANGDONG)


def test_keys_for_a_purpose_follow_the_rotation_of_the_federations(folder: Path) -> None:
    """The active one is first, those of before stay; each purpose has its own."""
    (before,) = purpose_keys(folder, "duplicates")
    rotate(folder, FEDERATION)
    now = purpose_keys(folder, "duplicates")
    assert len(now) == 2
    assert now[0] != before
    assert now[1] == before
    assert not set(now) & set(purpose_keys(folder, "other"))
