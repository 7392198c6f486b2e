"""Looking for a person: in the bytes of files, and in what a server holds in clear."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload, SearchAttributes

IN_CLEAR = (SearchAttributes,)
"""Messages whose payloads the server must be able to read."""


def forms(text: str) -> set[bytes]:
    """Return every way in which a text may lie on a disk: UTF-8, JSON-escaped, base64 of either."""
    escaped = json.dumps(text)[1:-1]
    shouted = escaped.upper().replace("\\U", "\\u")
    plain = {text.encode(), escaped.encode(), shouted.encode()}
    return plain | {core for form in plain for core in base64_cores(form)}


def base64_cores(raw: bytes) -> Iterator[bytes]:
    """Yield what base64 makes of `raw` at each of the three places where it may begin."""
    for skipped in range(3):
        coded = base64.b64encode(b"\0" * skipped + raw)
        first = -(-skipped * 8 // 6)
        sure = (skipped + len(raw)) * 8 // 6
        yield coded[first:sure]


def found_in(folder: Path, texts: tuple[str, ...]) -> dict[str, set[str]]:
    """Return, for each text, the files below a folder whose bytes hold it in any form."""
    files = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    return {
        text: {
            path.relative_to(folder).as_posix()
            for path, content in files.items()
            if any(form in content for form in forms(text))
        }
        for text in texts
    }


def payloads(message: Message, path: str = "") -> Iterator[tuple[str, Payload]]:
    """Yield every payload of a history's message but those of `IN_CLEAR`, with its path."""
    if isinstance(message, Payload):
        yield path, message
        return
    if isinstance(message, IN_CLEAR):
        return
    for field, value in message.ListFields():
        here = f"{path}.{field.name}"
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            inner = [(f"{here}[{key}]", each) for key, each in value.items()]
        else:
            inner = [(here, each) for each in (value if field.is_repeated else [value])]
        for where, each in inner:
            if isinstance(each, Message):
                yield from payloads(each, where)
