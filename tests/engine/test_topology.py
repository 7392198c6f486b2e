"""The topology file and settings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.settings import Settings
from engine.topology import Topology
from errors import NotFoundError, SettingsError

TOPOLOGY = Topology.load(Settings.load().topology)


def test_all_provinces_take_part_each_with_a_portal_of_its_own() -> None:
    """31 provinces, 兵团 and the central authorities; a portal finds its province again."""
    assert len(TOPOLOGY.provinces) == 33
    assert {"440000", "660000", "000000"} <= {province.code for province in TOPOLOGY.provinces}
    for province in TOPOLOGY.provinces:
        assert province.namespace == province.task_queue == province.endpoint
        assert province.namespace == f"province-{province.code}"
        assert [TOPOLOGY.of_portal(portal) for portal in province.portals] == [province]


def test_a_division_lies_in_its_province() -> None:
    """Six digits of a county are enough to find the namespace."""
    assert TOPOLOGY.of_division("440305").name == "广东省"
    assert TOPOLOGY.of_division("000000").name == "中央国家机关"


def test_select_keeps_the_order_and_takes_each_once() -> None:
    """The form of `--provinces`."""
    assert [p.code for p in TOPOLOGY.select("440000, 430000,440000")] == ["440000", "430000"]
    assert TOPOLOGY.select(None) == TOPOLOGY.provinces


@pytest.mark.parametrize(
    ("find", "message"),
    [
        (lambda: TOPOLOGY.province("440001"), "no province 440001: did you mean 440000 (广东省)?"),
        (lambda: TOPOLOGY.of_portal("gdzwf"), "no portal gdzwf: did you mean gdzwfw (广东省)?"),
        (lambda: TOPOLOGY.select("440000,999999"), "no province 999999: known are 000000, 110000"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(find: object, message: str) -> None:
    """One line that helps."""
    with pytest.raises(NotFoundError) as caught:
        find()  # type: ignore[operator]
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read (No such file or directory): set KUASHENG_TOPOLOGY"),
        ("a: [", "is not YAML"),
        ("resource: province-{code}", "provinces: Field required"),
        ("resource: fixed\nprovinces: [{code: '440000', name: 粤, portals: [a1]}]", ", resource:"),
        (
            "resource: p-{code}\nprovinces: [{code: '440000', name: 粤, portals: [gd, gd]}]",
            "stated twice: gd",
        ),
    ],
)
def test_a_wrong_file_is_one_clear_line(tmp_path: Path, text: str | None, message: str) -> None:
    """The file, the place in it, and what to do."""
    path = tmp_path / "topology.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        Topology.load(path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_setting_is_named_as_the_environment_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a person typed is what the message repeats."""
    monkeypatch.setenv("KUASHENG_TEMPO__INQUIRY_EVERY", "often")
    with pytest.raises(SettingsError, match=r"^KUASHENG_TEMPO__INQUIRY_EVERY: "):
        Settings.load()


def test_the_codec_can_be_switched_off_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`KUASHENG_CODEC=off`, for the scan that must find something."""
    monkeypatch.setenv("KUASHENG_CODEC", "off")
    assert Settings.load().codec is False


def test_settings_topology_and_exit_do_not_import_temporalio() -> None:
    """Short commands stay short."""
    code = (
        "import sys, engine.settings, engine.topology\n"
        "from engine.exit import leave\n"
        "print('said', end='')\n"
        "leave(3 if 'temporalio' not in sys.modules else 1)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (3, b"said")
