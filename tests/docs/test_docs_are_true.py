"""The documents say what the program does: nothing undocumented, nothing that is not so."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel
from temporalio import workflow
from typer.main import get_command

import errors
from cli.main import PARTS, app
from compiler import definition, kinds, plan
from compiler.catalogue import Catalogue
from compiler.findings import CODES, document
from compiler.kinds import KINDS, BaseStep
from engine.embedded import DYNAMIC_CONFIG
from engine.settings import Settings
from engine.topology import Topology
from worker import WORKFLOWS
from workflows.contracts import AnyCommand, HandOver
from workflows.search import SEARCH_ATTRIBUTES
from workflows.steps.runners import AT_HOME, unsupported

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in DOCS}
OPERATIONS, MATTERS = TEXTS["docs/operations.md"], TEXTS["docs/matters.md"]

each_page = pytest.mark.parametrize("page", TEXTS)


def codes(text: str) -> set[str]:
    """Return everything that stands in backticks."""
    return set(re.findall(r"`([^`\n]+)`", text))


def section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its level or above."""
    level = heading.split(maxsplit=1)[0]
    body = text.split(f"\n{heading}\n", 1)[1]
    return re.split(rf"\n#{{1,{len(level)}}} ", body, maxsplit=1)[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of the body rows of the tables in a text."""
    lines = re.findall(r"^\|(.+)\|$", text, re.MULTILINE)
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [row for row in cells if codes(row[0])]


def fenced(text: str, language: str) -> list[str]:
    """Return the blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


# --- Commands -------------------------------------------------------------------------------------


def commands(command: Any = None, name: str = "kuasheng") -> Iterator[tuple[str, Any]]:
    """Yield every command and group by its full name."""
    command = command or get_command(app)
    yield name, command
    names = PARTS if name == "kuasheng" else getattr(command, "commands", {})
    for below in names:
        yield from commands(command.get_command(None, below), f"{name} {below}")


COMMANDS = dict(commands())


def options(command: Any) -> set[str]:
    """Return the long options of a command, but for the help that all have."""
    every = {name for p in command.params for name in (*p.opts, *p.secondary_opts)}
    return {name for name in every if name.startswith("--")} - {"--help"}


def split(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that words name, and the words after its name."""
    name = "kuasheng"
    rest = words[1:]
    while rest and f"{name} {rest[0]}" in COMMANDS:
        name = f"{name} {rest.pop(0)}"
    return COMMANDS[name], rest


def console(text: str) -> list[str]:
    """Return the `kuasheng` command lines of a page's console blocks, without comments."""
    lines = re.findall(r"^\$ (.*)$", "\n".join(fenced(text, "console")), re.MULTILINE)
    bare = (line.split(" #")[0].strip().removesuffix("&").strip() for line in lines)
    return [line for line in bare if line.split()[0] == "kuasheng"]


def test_every_command_and_option_is_documented() -> None:
    """The table of commands is that of the program, both ways."""
    table = {}
    for name, said in (row[:2] for row in rows(section(OPERATIONS, "## Commands"))):
        if name.startswith("`kuasheng"):
            table[re.sub(r" [A-Z[].*", "", name.strip("`"))] = codes(said)
    real = {name: options(c) for name, c in COMMANDS.items() if not getattr(c, "commands", None)}
    assert table == real


@each_page
def test_command_lines_are_understood(page: str) -> None:
    """Each command line in a console block parses; each inline one names what there is."""
    for line in console(TEXTS[page]):
        command, rest = split(shlex.split(line))
        context = command.make_context(line, rest, resilient_parsing=False)
        assert context.params.keys() >= {p.name for p in command.params if p.required}, line
    for line in codes(TEXTS[page]):
        words = line.split()
        if words[0] == "kuasheng" and "…" not in line:
            command, rest = split(words)
            below = {w for part in rest[:1] for w in part.split("/")}
            assert not hasattr(command, "commands") or below <= command.commands.keys(), line
            flags = {w.split("=")[0] for w in rest if w.startswith("--")}
            assert flags <= options(command), line


# --- Tables that must equal the code --------------------------------------------------------------


def settings(model: type[BaseModel], prefix: str) -> Iterator[str]:
    """Yield the variable of every setting."""
    for name, field in model.model_fields.items():
        nested = field.annotation
        if isinstance(nested, type) and issubclass(nested, BaseModel):
            yield from settings(nested, f"{prefix}{name.upper()}__")
        else:
            yield prefix + name.upper()


def test_every_setting_is_documented() -> None:
    """The table of settings names all variables, and no page names another."""
    real = set(settings(Settings, "KUASHENG_"))
    table = {row[0].strip("`") for row in rows(section(OPERATIONS, "## Settings"))}
    assert table == real
    named = {v for text in TEXTS.values() for v in re.findall(r"\bKUASHENG_[A-Z_]*[A-Z]", text)}
    assert named <= real


def test_every_finding_is_documented() -> None:
    """The page of findings is that of the table; other pages name only codes that exist."""
    assert TEXTS["docs/findings.md"] == document()
    named = {code for text in TEXTS.values() for code in re.findall(r"\bKS[0-9]{3}\b", text)}
    assert named == CODES.keys()


def test_every_search_attribute_is_documented() -> None:
    """Names and types."""
    table = {row[0].strip("`"): row[1] for row in rows(section(OPERATIONS, "## Search attributes"))}
    types = {"KEYWORD": "Keyword", "KEYWORD_LIST": "KeywordList", "DATETIME": "Datetime"}
    assert table == {key.name: types[key.indexed_value_type.name] for key in SEARCH_ATTRIBUTES}


def test_every_error_is_documented() -> None:
    """Each class of the tree, and none besides."""
    table = {row[0].strip("`") for row in rows(OPERATIONS) if row[0].endswith("Error`")}
    tree = {name for name, thing in vars(errors).items() if isinstance(thing, type)}
    assert table == tree - {"KuashengError"}
    assert "KuashengError" in codes(OPERATIONS)


def test_messages_of_the_workflows_are_documented() -> None:
    """Updates, queries and signals by their names; the acts; what provinces say to each other."""
    text = section(OPERATIONS, "## Workflows and messages")
    lines = re.findall(r"^\|(.+)\|$", text, re.MULTILINE)
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    table = {first: rest for first, *rest in cells}
    for column, kind in enumerate(WORKFLOWS):
        found = workflow._Definition.must_from_class(kind)
        assert codes(table["update"][column]) == found.updates.keys()
        assert codes(table["query"][column]) == found.queries.keys()
        assert codes(table["signal"][column]) == found.signals.keys()
    acts = {model.model_fields["act"].default for model in get_args(get_args(AnyCommand)[0])}
    operations = {name for name in HandOver.__annotations__ if not name.startswith("_")}
    assert acts | operations <= codes(text)


def test_dynamic_configuration_is_documented() -> None:
    """What the embedded server is given is what a real one should have."""
    table = {
        row[0].strip("`"): row[1].strip("`") for row in rows(OPERATIONS) if "." in row[0][1:20]
    }
    for name, value in DYNAMIC_CONFIG.items():
        said = table[name]
        assert said in (value, json.dumps(value)), name


# --- The matter language --------------------------------------------------------------------------


def models() -> dict[str, type[BaseModel]]:
    """Return every model that authors write, but for the steps, by its name."""
    own = [
        thing
        for thing in vars(definition).values()
        if isinstance(thing, type)
        and issubclass(thing, BaseModel)
        and thing.__module__ == definition.__name__
    ]
    other = (plan.FieldSpec, plan.Place, plan.Wait, kinds.Retry, kinds.Letter, kinds.Refusal,
             kinds.Require, kinds.Otherwise)  # fmt: skip
    return {model.__name__: model for model in (*own, *other)}


@pytest.mark.parametrize("name", models())
def test_every_key_of_the_language_is_documented(name: str) -> None:
    """A model's keys stand in its own section, those of the rule elements in that of the rules."""
    heading = f"### `{name}`"
    text = section(MATTERS, heading if f"\n{heading}\n" in MATTERS else "### `Rules`")
    keys = {field.alias or key for key, field in models()[name].model_fields.items()}
    assert {key for key in keys if f"`{key}" not in text} == set()
    assert name in codes(MATTERS)


def test_every_step_kind_is_documented() -> None:
    """Kind, Chinese name, results, outputs, parameters, and whether this release runs it."""
    table = {row[0].strip("`"): row[1:] for row in rows(section(MATTERS, "### Step kinds"))}
    assert table.keys() == KINDS.keys()
    for kind, (title, results, outputs, parameters, runs) in table.items():
        model = KINDS[kind]
        assert title == model.TITLE, kind
        assert codes(results) == set(model.LABELS), kind
        assert codes(outputs) == model.OUTPUTS.keys(), kind
        keys = {field.alias or key for key, field in model.model_fields.items()}
        # `guards` is what the compiler makes of the cases of `choose`.
        own = keys - BaseStep.model_fields.keys() - {"kind", "at", "from", "to", "guards"}
        assert own | set(model.BLOCKS) <= codes(parameters), kind
        assert (runs == "no") == (kind not in AT_HOME), kind
    common = codes(section(MATTERS, "## Steps").split("### ")[0])
    assert common >= BaseStep.model_fields.keys() | {"kind", "on", "at", "from", "to"}


def test_words_of_the_language_are_documented() -> None:
    """Field types, outcomes, modes and procedures."""
    assert codes(section(MATTERS, "### Outcomes").split(". ")[0]) == set(kinds.Outcome.__args__)
    types = {row[0].strip("`") for row in rows(section(MATTERS, "### `FieldSpec`"))}
    assert types == set(kinds.FieldType.__args__)
    assert set(plan.Mode.__args__) <= codes(section(MATTERS, "### `Matter`"))
    assert Catalogue.load(files=()).procedures.keys() <= codes(section(MATTERS, "### `Procedure`"))


def test_the_worked_example_compiles(tmp_path: Path) -> None:
    """The matter of the tutorial has no findings."""
    file = tmp_path / "residence.yaml"
    file.write_text(fenced(MATTERS, "yaml")[0], "utf-8")
    catalogue = Catalogue.load(files=[file])
    assert catalogue.matters.keys() == {"later-99"}
    assert catalogue.compile_all() == []


def test_numbers_agree_with_the_catalogue() -> None:
    """Matters, Plans, those that this release runs, and provinces."""
    catalogue = Catalogue.load()
    plans = [
        catalogue.plan(code, mode)
        for code, entry in catalogue.matters.items()
        for mode in entry.matter.modes
    ]
    every = "\n".join(TEXTS.values())
    said = {int(number) for number in re.findall(r"\b(\d{2,}) matters", every)}
    assert said == {len(catalogue.matters)}
    assert {int(n) for n in re.findall(r"\b(\d{2,}) [Pp]lans", every)} == {len(plans)}
    runs = sum(not unsupported(each) for each in plans)
    assert f"Of the {len(plans)} Plans this release runs {runs};" in MATTERS
    provinces = Topology.load(Settings.model_fields["topology"].default).provinces
    numbers = re.findall(r"\b(\d+)(?: province|\s个省级)", every)
    assert {int(n) for n in numbers} - {1} == {len(provinces)}


# --- Pages ----------------------------------------------------------------------------------------


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings."""
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@each_page
def test_links_lead_somewhere(page: str) -> None:
    """Every relative link is a file of this repository, every anchor one of its headings."""
    for link in re.findall(r"\]\(([^)\s]+)\)", TEXTS[page]):
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text("utf-8")), link


@each_page
def test_blocks_are_valid(page: str) -> None:
    """YAML blocks are YAML, JSON blocks JSON, Python blocks Python."""
    for block in fenced(TEXTS[page], "yaml"):
        assert yaml.safe_load(block)
    for block in fenced(TEXTS[page], "json"):
        assert json.loads(block)
    for block in fenced(TEXTS[page], "python"):
        compile(block, page, "exec")


@each_page
def test_no_page_names_a_host_of_others(page: str) -> None:
    """No registry, no index: the only addresses are those of this machine."""
    hosts = {
        re.split(r"[:/]", url)[0] for url in re.findall(r"https?://([^\s`\"')]+)", TEXTS[page])
    }
    assert hosts <= {"127.0.0.1", "localhost"}
    assert not re.search(r"index-url|pythonhosted|registry\.", TEXTS[page])


def test_the_readme_shows_a_real_matter() -> None:
    """What it shows of the matter is a part of that matter's file."""
    shown = yaml.safe_load(fenced(TEXTS["README.md"], "yaml")[0])
    file = next(path for path in re.findall(r"\((matters/[^)]+)\)", TEXTS["README.md"]))
    real = yaml.safe_load((ROOT / file).read_text("utf-8"))
    for key in ("code", "name", "family", "application", "places", "decided_by"):
        assert shown[key] == real[key], key
    assert shown["modes"]["collect"].keys() <= real["modes"]["collect"].keys()
