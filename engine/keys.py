"""Keys that payloads are encrypted under: one file a province, and one that all of them share.

A key's id is `{owner}-{8 hex digits of its SHA-256}`. So a wrong key is an unknown id, seen before
anything is decrypted, and never a garbled payload. A process holds its own province's keys and the
federation's: what another province keeps for itself it cannot read.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.topology import Province
from errors import SettingsError

FEDERATION = "federation"
KEY_BYTES = 32

Audience = Literal["own", "federation"]
"""Who must be able to read a payload: this province alone, or every province."""


def key_id(owner: str, key: bytes) -> str:
    """Return the id of a key: `province-440000-1a2b3c4d`."""
    return f"{owner}-{hashlib.sha256(key).hexdigest()[:8]}"


@dataclass(frozen=True)
class KeyFile:
    """One owner's keys: `active` encrypts, all of `keys` (id → key) decrypt."""

    owner: str
    active: str
    keys: dict[str, bytes]

    @classmethod
    def new(cls, owner: str) -> KeyFile:
        """Make a first random key for an owner."""
        return cls(owner, "", {}).rotated()

    def rotated(self) -> KeyFile:
        """Return these keys and a new active one."""
        key = secrets.token_bytes(KEY_BYTES)
        active = key_id(self.owner, key)
        return KeyFile(self.owner, active, {**self.keys, active: key})

    @classmethod
    def load(cls, path: Path) -> KeyFile:
        """Read `DIR/OWNER.json`.

        Raises:
            SettingsError: The file is missing, or a key in it does not have the id that it claims.
        """
        owner = path.stem
        try:
            content = json.loads(path.read_bytes())
            keys = {name: base64.b64decode(text) for name, text in content["keys"].items()}
            loaded = cls(owner, content["active"], keys)
        except OSError as error:
            raise SettingsError(
                f"no keys of {owner}: {path} cannot be read ({error.strerror})",
                "point --data or KUASHENG_DATA to the folder that `kuasheng up` uses",
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SettingsError(f"{path} is not a key file", "restore it from a backup") from error
        damaged = [
            name
            for name, key in keys.items()
            if len(key) != KEY_BYTES or name != key_id(owner, key)
        ]
        if damaged or loaded.active not in keys:
            raise SettingsError(
                f"{path}: key {(damaged or [loaded.active])[0]} is not what its id says",
                "restore the file from a backup",
            )
        return loaded

    def save(self, path: Path) -> None:
        """Write the file, readable only by its owner, whole or not at all."""
        text = json.dumps(
            {
                "active": self.active,
                "keys": {name: base64.b64encode(key).decode() for name, key in self.keys.items()},
            },
            indent=1,
        )
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        scratch = path.with_suffix(f".{os.getpid()}.new")
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)


class Keyring:
    """What one province's process holds: its own keys and the federation's.

    Args:
        own: The province's keys.
        federation: The keys that every province holds.
        folder: Where both came from; asked again when an id is unknown, so that a key that was
            added by `rotate` meanwhile is found without a restart.
    """

    def __init__(self, own: KeyFile, federation: KeyFile, folder: Path | None = None) -> None:
        self._files: dict[Audience, KeyFile] = {"own": own, "federation": federation}
        self.folder = folder
        self._seen = self._stamp()

    @classmethod
    def for_province(cls, folder: Path, province: Province) -> Keyring:
        """Load a province's keys and the federation's from a folder.

        Raises:
            SettingsError: A file is missing or damaged.
        """
        return cls(
            KeyFile.load(_path(folder, province.resource)),
            KeyFile.load(_path(folder, FEDERATION)),
            folder,
        )

    @property
    def owner(self) -> str:
        """Whose keyring it is: `province-440000`."""
        return self._files["own"].owner

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all keys held, own ones first."""
        return tuple(name for file in self._files.values() for name in file.keys)

    def active(self, audience: Audience) -> tuple[str, bytes]:
        """Return id and key to encrypt under for those who must read it."""
        file = self._files[audience]
        return file.active, file.keys[file.active]

    def find(self, wanted: str) -> bytes | None:
        """Return the key with this id, or None when this process does not hold it."""
        found = self._held(wanted)
        if found is None and self._seen != (now := self._stamp()):
            self._reload()
            self._seen = now
            found = self._held(wanted)
        return found

    def _held(self, wanted: str) -> bytes | None:
        return next((f.keys[wanted] for f in self._files.values() if wanted in f.keys), None)

    def _stamp(self) -> tuple[int, ...]:
        if self.folder is None:
            return ()
        paths = [_path(self.folder, file.owner) for file in self._files.values()]
        return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths)

    def _reload(self) -> None:
        if self.folder is not None:
            for audience, file in self._files.items():
                self._files[audience] = KeyFile.load(_path(self.folder, file.owner))


def ensure_keys(folder: Path, provinces: Iterable[Province]) -> None:
    """Make the key files that are missing; existing ones are left as they are."""
    for owner in (FEDERATION, *(province.resource for province in provinces)):
        path = _path(folder, owner)
        if not path.exists():
            KeyFile.new(owner).save(path)


def rotate(folder: Path, owner: str) -> str:
    """Add a key for `federation` or `province-440000`, make it the active one, return its id.

    Older keys stay and decrypt what was encrypted under them.

    Raises:
        SettingsError: The owner has no key file, or it is damaged.
    """
    path = _path(folder, owner)
    rotated = KeyFile.load(path).rotated()
    rotated.save(path)
    return rotated.active


def purpose_keys(folder: Path, purpose: str) -> tuple[bytes, ...]:
    """Return keys for one purpose that every province derives alike, the active one first.

    One (HKDF-SHA-256) for each federation key in the folder, as of now: what was made before a
    rotation is still recognised. Neither the federation's key nor that of another purpose follows
    from them.

    Raises:
        SettingsError: The federation's file is missing or damaged.
    """
    file = KeyFile.load(_path(folder, FEDERATION))
    order = sorted(file.keys, key=lambda name: name != file.active)
    info = f"kuasheng/{purpose}".encode()
    return tuple(
        HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(file.keys[name]) for name in order
    )


def _path(folder: Path, owner: str) -> Path:
    return folder / f"{owner}.json"
