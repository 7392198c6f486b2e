"""Published Plans: a folder that holds each Plan under its digest, and never loses one.

A handling province loads the digest that an order names from here, so a case keeps its rules after
the catalogue has moved on. A miss compiles nothing: an unknown digest is refused with an answer.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from compiler.catalogue import Catalogue
from compiler.plan import Plan
from errors import SettingsError

_DIGEST = re.compile(r"[0-9a-f]{64}")


class PlanStore:
    """A content-addressed store; any number of processes may use one folder at once.

    Args:
        folder: Made when something is first put.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def publish(self, catalogue: Catalogue) -> dict[tuple[str, str], str]:
        """Put the Plan of every matter in every mode.

        Returns:
            (code, mode) → digest.

        Raises:
            DefinitionError: A matter has findings.
        """
        return {
            (code, mode): self.put(catalogue.plan(code, mode))
            for code, entry in catalogue.matters.items()
            for mode in entry.matter.modes
        }

    def put(self, plan: Plan) -> str:
        """Keep a Plan; return its digest. Putting it again does nothing.

        The file appears whole or not at all, also when the process dies on the way.
        """
        plan = plan if plan.digest else plan.sealed()
        path = self._path(plan.digest)
        if path.exists():
            return plan.digest
        path.parent.mkdir(parents=True, exist_ok=True)
        text = plan.model_dump_json(by_alias=True, exclude_defaults=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".plan-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return plan.digest

    def get(self, digest: str) -> Plan | None:
        """Return the Plan with this digest, None when it was never published here.

        Raises:
            SettingsError: The file was changed after it was published.
        """
        if not _DIGEST.fullmatch(digest):
            return None
        path = self._path(digest)
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            plan = Plan.model_validate_json(text)
        except ValueError:
            plan = None
        if plan is None or plan.digest != digest or plan.sealed().digest != digest:
            message = f"published Plan {digest[:12]}… in {path} is not what was published"
            raise SettingsError(message, "restore the file from a backup")
        return plan

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / f"{digest}.json"
