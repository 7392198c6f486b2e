"""Reading YAML: bounded, safe, located."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.findings import Mark
from compiler.yaml_text import MAX_DEPTH, Node, located, parse, read


def lines(text: str) -> list[str]:
    """Return the findings of a text as people see them."""
    return [f.format() for f in parse(text, "f.yaml")[1]]


def test_values_know_their_line_and_column() -> None:
    """Every value and key has a position that counts from 1."""
    node, found = parse("a: 1\nb:\n  - x\n  - {c: true}\n", "f.yaml")
    assert not found
    assert node is not None
    assert node.keys["a"] == Mark("f.yaml", 1, 1)
    assert node.at("a") == Mark("f.yaml", 1, 4)
    assert node.at("b", "c") == Mark("f.yaml", 2, 1)
    below = node.get("b")
    assert below is not None
    assert isinstance(below.value, list)
    assert [(n.line, n.col) for n in below.value] == [(3, 5), (4, 5)]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"), ("9:30", "9:30"), ("2020-12-31", "2020-12-31"), ("on", "on"), ("0o17", 15),
        ("0x1F", 31), ("true", True), ("False", False), ("~", None), ("", None), ("-7", -7),
        ("1.5", 1.5), ("1e3", 1000.0), ("'1'", "1"), ("440000", 440000),
        ("1234567890123456789", "1234567890123456789"), (".", "."), ("1_000", "1_000"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(written: str, value: object) -> None:
    """`no` and `9:30` stay text, which YAML 1.1 reads as False and 570."""
    node, found = parse(f"key: {written}", "f.yaml")
    assert not found
    assert node is not None
    got = node.plain()["key"]
    assert (got, type(got)) == (value, type(value))


def test_a_syntax_error_is_one_finding_with_its_position() -> None:
    """An open bracket is reported where the parser gave up."""
    assert lines("a: [1, 2\nb: 3\n") == [
        "f.yaml:2:2: KS001 not YAML: did not find expected ',' or ']'"
    ]


def test_a_python_tag_is_refused_and_nothing_runs() -> None:
    """`!!python` is reported, never obeyed."""
    assert lines("a: !!python/object/apply:os.system [echo]\n") == [
        "f.yaml:1:4: KS004 tag `!!python/object/apply:os.system` is not allowed; take the tag out"
    ]


def test_an_alias_bomb_is_refused() -> None:
    """Nine levels of nine aliases would be 387 million values."""
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    assert lines("\n".join(rows)) == [
        (
            "f.yaml:5:15: KS003 more than 20,000 values once aliases are expanded; "
            "write it out in plain values"
        )
    ]


def test_many_small_aliases_are_refused() -> None:
    """The number of aliases is bounded by itself, too."""
    text = "a: &a 1\nb: [" + ", ".join(["*a"] * 101) + "]"
    assert lines(text)[0].endswith("KS003 more than 100 aliases; write it out in plain values")


def test_an_alias_to_itself_is_refused() -> None:
    """A structure that contains itself has no anchor yet where it is used."""
    assert lines("a: &a [*a]") == ["f.yaml:1:8: KS001 not YAML: no anchor `a` before it"]


def test_deep_nesting_is_refused() -> None:
    """A hundred thousand brackets end at the bound, not in a crash."""
    assert lines("a: " + "[" * 100_000)[0].endswith(
        f"KS003 nested deeper than {MAX_DEPTH} levels; write it out in plain values"
    )


def test_a_key_given_twice_is_found() -> None:
    """One of the two would silently be lost."""
    assert lines("a: 1\nb: 2\na: 3\n") == ["f.yaml:3:1: KS005 `a` is given twice; first on line 1"]


def test_a_key_that_is_a_list_is_found() -> None:
    """Keys are plain words."""
    assert lines("? [a]\n: 1\n") == ["f.yaml:1:3: KS006 a key must be plain text"]


def test_a_second_document_is_found() -> None:
    """A file is one definition."""
    assert lines("a: 1\n---\nb: 2\n") == [
        "f.yaml:2:1: KS001 not YAML: a second document in one file"
    ]


def test_a_ten_megabyte_file_is_not_even_read(tmp_path: Path) -> None:
    """The size is checked before anything is read."""
    path = tmp_path / "big.yaml"
    path.write_bytes(b"a" * 10 * 1024 * 1024)
    node, found = read(path, "big.yaml")
    assert node is None
    assert [f.format() for f in found] == [
        (
            "big.yaml: KS002 the file has 10,485,760 bytes, at most 262,144 are read; "
            "split it or take out what is not needed"
        )
    ]


def test_a_file_that_is_not_utf8_is_found(tmp_path: Path) -> None:
    """GBK is common in these offices, and is named as what it is not."""
    path = tmp_path / "gbk.yaml"
    path.write_bytes("name: 学历".encode("gbk"))
    _, found = read(path, "gbk.yaml")
    assert [f.format() for f in found] == [
        "gbk.yaml: KS002 byte 9 is not UTF-8; save the file as UTF-8"
    ]


def test_a_missing_file_is_found(tmp_path: Path) -> None:
    """A path that leads nowhere is a finding, not a traceback."""
    _, found = read(tmp_path / "none.yaml", "none.yaml")
    assert [f.format() for f in found] == ["none.yaml: KS002 no such file; check the path"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abcdef", min_size=1, max_size=6), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_json_is_read_by_the_same_parser(value: object) -> None:
    """Whatever JSON holds comes out as it went in, and `located` agrees with the parser."""
    node, found = parse(json.dumps(value, ensure_ascii=False, indent=1), "f.json")
    assert not found
    assert isinstance(node, Node)
    assert node.plain() == value
    assert located(value, "body").plain() == value


@given(st.text(max_size=200))
def test_any_text_gives_nodes_or_findings(text: str) -> None:
    """No text at all raises: either it is read or it is found wrong."""
    node, found = parse(text, "f.yaml")
    assert node is None or isinstance(node, Node)
    assert all(f.code.startswith("KS00") for f in found)
