"""Settings of this installation, from the environment (`KUASHENG_…`) or the command line.

Where Temporal is, is not here: that comes from the `temporal` CLI's own environment and file.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from errors import SettingsError
from gateways.registry import GATEWAYS
from workflows.contracts import Tempo

_DEPLOY = Path(__file__).resolve().parent.parent / "deploy"

INSTALLATION = "installation.json"
"""File in the data folder that says how this installation's stack is set."""

EMBEDDED_TEMPO = Tempo(
    handover_first=0.5, handover_longest=3, inquiry_every=5, parcel_poll=0.3, payment_poll=0.3
)
"""The embedded stack is for people who watch: seconds where a real installation takes hours."""

SANDBOX_URL = "http://127.0.0.1:7300"
"""Where `kuasheng up` serves the sandbox that plays the outside systems."""


def _data_dir() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "kuasheng"


def _installation(data: Path) -> dict[str, Any]:
    path = data / INSTALLATION
    if not path.exists():
        return {}
    try:
        stored = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{path} cannot be read ({error})", "remove it; `kuasheng up` writes it again"
        ) from error
    return dict(stored)


class Settings(BaseSettings):
    """All settings; nested ones are written `KUASHENG_TEMPO__INQUIRY_EVERY=5`."""

    model_config = SettingsConfigDict(
        env_prefix="KUASHENG_", env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    data: Path = Field(default_factory=_data_dir)
    """Keys, databases and logs."""
    topology: Path = _DEPLOY / "topology.yaml"
    officers: Path = _DEPLOY / "officers.yaml"
    matters: Path | None = None
    """Another catalogue than the one that is shipped."""
    database: str = "sqlite:///{data}/registers.db"
    """URL of the registers; `{data}` stands for the data folder."""
    identity_url: str = SANDBOX_URL
    courier_url: str = SANDBOX_URL
    delivery_url: str = SANDBOX_URL
    data_url: str = SANDBOX_URL
    payment_url: str = SANDBOX_URL
    tempo: Tempo = Tempo()
    codec: bool = True
    """Off only to prove that a scan for personal data finds it when nothing is encrypted."""
    temporal_bin: Path | None = None
    """The `temporal` program for the embedded server, instead of the installed one."""

    @property
    def keys(self) -> Path:
        """The folder of the key files."""
        return self.data / "keys"

    @property
    def database_url(self) -> str:
        """The URL of the registers' database."""
        return self.database.replace("{data}", str(self.data))

    @property
    def gateway_urls(self) -> dict[str, str]:
        """Gateway → its address."""
        return {name: getattr(self, f"{name}_url") for name in GATEWAYS}

    def with_gateways(self, url: str) -> Settings:
        """Return these settings with every gateway at one address, the sandbox's."""
        return self.model_copy(update={f"{name}_url": url for name in GATEWAYS})

    def store(self) -> None:
        """Write what clients of this installation must know into its data folder."""
        shared = {"tempo", *(f"{name}_url" for name in GATEWAYS)}
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.data / INSTALLATION).write_text(self.model_dump_json(include=shared), "utf-8")

    @classmethod
    def load(cls, **overrides: Any) -> Settings:
        """Read the environment; overrides that are None are left to it.

        What neither says comes from `installation.json` in the data folder, where `kuasheng up`
        writes how its stack is set, so that clients with the same folder agree with it.

        Raises:
            SettingsError: A value is not what it should be.
        """
        given = {name: value for name, value in overrides.items() if value is not None}
        try:
            chosen = cls(**given)
            stored = _installation(chosen.data)
            said = chosen.model_fields_set
            return cls(**{**{k: v for k, v in stored.items() if k not in said}, **given})
        except ValidationError as error:
            first = error.errors()[0]
            name = "__".join(str(part) for part in first["loc"]).upper()
            raise SettingsError(
                f"KUASHENG_{name}: {first['msg']}", "correct or unset it"
            ) from error
