"""What the tests of survival share: a catalogue with short attempts, and stages to kill on."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("drill")  # before its import: its assertions then say what they saw

from drill import Stage, staged  # noqa: E402 - see above

from engine.settings import Settings  # noqa: E402 - see above

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def quick_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tests' catalogue, its collect procedure replaced by the one with short attempts."""
    folder = tmp_path_factory.mktemp("catalogue") / "matters"
    shutil.copytree(HERE.parent / "data" / "catalogue", folder)
    shutil.copy(HERE / "collect.yaml", folder / "procedures")
    return folder


@pytest.fixture(scope="module")
async def stage(
    tmp_path_factory: pytest.TempPathFactory, quick_catalogue: Path
) -> AsyncIterator[Stage]:
    """A stage for the tests of one file."""
    settings = Settings.load(data=tmp_path_factory.mktemp("stage"), matters=quick_catalogue)
    async with staged(settings) as running:
        yield running
