"""Located nodes → pydantic models, with every mistake as a finding at its own line."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from compiler.findings import Finding, Mark, did_you_mean, finding
from compiler.yaml_text import Node

M = TypeVar("M", bound=BaseModel)

_WANTED: dict[str, str] = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "date_from_datetime_parsing": "a date like 2026-03-31",
    "date_parsing": "a date like 2026-03-31",
    "date_type": "a date like 2026-03-31",
    "timezone_aware": "a time with its zone, like 2026-03-31T09:00:00+08:00",
    "datetime_from_date_parsing": "a time like 2026-03-31T09:00:00+08:00",
    "datetime_parsing": "a time like 2026-03-31T09:00:00+08:00",
    "datetime_type": "a time like 2026-03-31T09:00:00+08:00",
}
_PATTERNS: dict[str, str] = {
    "workdays": "a span of time like `15 workdays`, `30 days`, `48 hours` or `30 minutes`",
    "2020": "a code like 2020-07, 2021-02 or later-03",
    "[a-z][a-z0-9_]": "a name of small letters, digits and _, at most 40, beginning with a letter",
}
"""Part of a pattern → what it asks for, in words."""


def validate(model: type[M], node: Node) -> M | list[Finding]:
    """Return the model of `node`, or everything that is wrong with it."""
    try:
        return model.model_validate(node.plain())
    except ValidationError as error:
        errors: list[dict[str, Any]] = [dict(e) for e in error.errors(include_url=False)]
    found = [_finding(model, node, e) for e in errors]
    # A misspelt key is one mistake, not an unknown key and a missing one.
    meant = {f.fix for f in found if f.code == "KS010"}
    return [
        f
        for f, e in zip(found, errors, strict=True)
        if e["type"] != "missing" or f"did you mean `{e['loc'][-1]}`?" not in meant
    ]


def _finding(model: type[BaseModel], node: Node, error: dict[str, Any]) -> Finding:
    loc: Sequence[int | str] = error["loc"]
    last = str(loc[-1]) if loc else ""
    here, mark, path = _walk(node, loc)
    if error["type"] == "extra_forbidden":
        return _unknown_key(model, node, loc)
    if error["type"] == "missing":
        where = f" in `{path}`" if path else ""
        # In a merged text the mapping may be a family's; what is missing, the matter must add.
        place = here.mark if here.file == node.file else node.mark
        return finding(place, "KS012", f"`{last}` is missing{where}")
    if last == "[key]" and error["type"] == "literal_error":
        return finding(mark, "KS011", *_wrong("this key", here, error))
    if last == "[key]":
        return finding(mark, "KS011", f"`{loc[-2]}` is not {_pattern(error)}")
    return finding(mark, "KS011", *_wrong(f"`{path}`" if path else "this", here, error))


def _unknown_key(model: type[BaseModel], node: Node, loc: Sequence[int | str]) -> Finding:
    last = str(loc[-1])
    fix = did_you_mean(last, _keys(model, loc[:-1]), "known here")
    value = _walk(node, loc)[0]
    if value.value is None and not value.text and not (last.isascii() and last.isidentifier()):
        fix = "a comma ends unquoted text inside { }: put it in quotes"
    above = _walk(node, loc[:-1])[0]
    return finding(above.keys.get(last, above.mark), "KS010", f"unknown key `{last}`", fix)


def _wrong(what: str, here: Node, error: dict[str, Any]) -> tuple[str, str]:
    """Return message and fix for a value that does not fit."""
    kind: str = error["type"]
    if kind in {"literal_error", "enum"}:
        expected: str = error["ctx"]["expected"]
        allowed = [word.strip("' ") for word in expected.replace(" or ", ", ").split(", ")]
        fix = did_you_mean(str(error["input"]), allowed, "allowed")
        return f"{what} cannot be `{error['input']}`", fix
    if kind == "string_pattern_mismatch":
        return f"{what} must be {_pattern(error)}", ""
    if kind in _WANTED:
        return f"{what} must be {_WANTED[kind]}, not {_word(here)}", ""
    return f"{what}: {error['msg'][0].lower()}{error['msg'][1:]}", ""


def _pattern(error: dict[str, Any]) -> str:
    pattern: str = error.get("ctx", {}).get("pattern", "")
    return next((words for part, words in _PATTERNS.items() if part in pattern), f"like {pattern}")


def _word(node: Node) -> str:
    value = node.value
    if value is None:
        return "empty"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"the number {node.text}" if isinstance(value, int | float) else f"`{node.text[:40]}`"


def _walk(node: Node, loc: Sequence[int | str]) -> tuple[Node, Mark, str]:
    """Follow pydantic's `loc` down; return the deepest node, the best mark, and the path."""
    mark, path = node.mark, ""
    for item in loc:
        if isinstance(node.value, dict) and item in node.value:
            mark = node.keys.get(str(item), node.mark)
            node = node.value[str(item)]
            path = f"{path}.{item}" if path else str(item)
            if not isinstance(node.value, dict | list):
                mark = node.mark
        elif isinstance(node.value, list) and isinstance(item, int) and item < len(node.value):
            node = node.value[item]
            mark, path = node.mark, f"{path}[{item}]"
    return node, mark, path


def _keys(model: type[BaseModel], loc: Sequence[int | str]) -> set[str]:
    """Return the keys that YAML may use in the model at `loc`."""
    here: list[Any] = [model]
    for item in loc:
        here = [below for one in here for below in _below(one, item)]
    return {
        field.alias or name
        for one in here
        for part in _parts(one)
        if isinstance(part, type) and issubclass(part, BaseModel)
        for name, field in part.model_fields.items()
    }


def _below(kind: Any, item: int | str) -> Iterator[Any]:
    for part in _parts(kind):
        origin, args = get_origin(part), get_args(part)
        if isinstance(part, type) and issubclass(part, BaseModel):
            for name, field in part.model_fields.items():
                if item in (name, field.alias):
                    yield field.annotation
        elif origin is dict:
            yield args[1]
        elif origin in (tuple, list):
            yield args[0]


def _parts(kind: Any) -> Iterator[Any]:
    """Take unions and annotations apart."""
    if get_origin(kind) is Annotated:
        yield from _parts(get_args(kind)[0])
    elif get_origin(kind) in (Union, types.UnionType):
        for part in get_args(kind):
            yield from _parts(part)
    else:
        yield kind
