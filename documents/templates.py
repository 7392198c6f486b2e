"""Templates of official documents (文书): YAML with a Jinja2 body, checked whole when it is read.

A template says which acts issue it, which law it follows under which regime, and which facts its
body may use. Bodies run in a sandbox, see only the names in `NAMES`, and what a body asks for that
nobody declares is a finding at its own line, never a surprise while a document is made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar, get_args

import jinja2
from jinja2 import meta, nodes
from pydantic import Field, RootModel, StringConstraints, model_validator

from compiler.catalogue import ROOT
from compiler.definition import LegalRegime
from compiler.findings import Finding, Mark, definition_error, did_you_mean, finding
from compiler.kinds import Frozen
from compiler.typed import validate
from compiler.yaml_text import Node, read
from documents.environment import FRAME, NAMES, TEXT
from errors import NotFoundError

FOLDER = "documents"
"""Of a catalogue. One that has none uses that of the catalogue that comes with the program."""

REMEDIES = "remedies.yaml"

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
M = TypeVar("M", bound=Frozen | RootModel[dict[LegalRegime, "Remedy"]])


class Founded(Frozen):
    """Something that follows a law, and then says which, or is our own (`default`)."""

    basis: Literal["law", "default"]
    law: str | dict[LegalRegime, Text] = ""

    @model_validator(mode="after")
    def _founded(self) -> Self:
        if (self.basis == "law") != bool(self.law):
            raise ValueError("`basis: law` names its `law`, `basis: default` has none")
        return self


class Definition(Founded):
    """A template as its author writes it."""

    id: Name
    title: Text
    acts: tuple[Name, ...] = ()
    """Acts that issue it; none for documents that the system issues by itself."""
    law: dict[LegalRegime, Text] = Field(default_factory=dict)
    """Regime → the clause that the document follows under it."""
    facts: dict[Name, Text] = Field(default_factory=dict)
    """Fact → what it says. One that a document does not have is empty text."""
    remedy: bool = False
    """Whether it ends with the remedies (救济途径) of the matter's regime."""
    body: Text


class Remedy(Founded):
    """救济途径 of one regime: what who disagrees may do, and the law that says so."""

    text: Text
    law: str = ""


class Remedies(RootModel[dict[LegalRegime, Remedy]]):
    """Regime → its remedies; every regime has them."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [regime for regime in get_args(LegalRegime) if regime not in self.root]
        if missing:
            raise ValueError(f"no remedies for {'、'.join(missing)}")
        return self


@dataclass(frozen=True)
class Template:
    """A template that may be used.

    Args:
        definition: What its author wrote.
        version: First 12 hex digits of the SHA-256 of everything that shapes its text.
        remedies: Regime → the paragraph on remedies; empty when it has none.
        body: Its body, compiled.
    """

    definition: Definition
    version: str
    remedies: Mapping[str, str]
    body: jinja2.Template

    @property
    def id(self) -> str:
        """Its file's name."""
        return self.definition.id


class Templates:
    """All templates of a catalogue, by id and by the act that issues them."""

    def __init__(self, templates: Iterable[Template]) -> None:
        self._by_id = {template.id: template for template in templates}
        self._by_act = {act: t for t in self._by_id.values() for act in t.definition.acts}

    def __iter__(self) -> Iterator[Template]:
        return iter(self._by_id.values())

    @classmethod
    def load(cls, root: Path | None = None) -> Self:
        """Read the templates of a catalogue.

        Args:
            root: The catalogue's folder; the one that comes with the program by default.

        Raises:
            DefinitionError: Templates have findings; all of them, each at its line.
        """
        folder = (root or ROOT) / FOLDER
        if not folder.is_dir():
            folder = ROOT / FOLDER
        reader = _Reader(folder)
        templates = reader.templates()
        if reader.findings:
            raise definition_error(reader.findings)
        return cls(templates)

    def get(self, template: str) -> Template:
        """Return the template with this id.

        Raises:
            NotFoundError: There is none.
        """
        found = self._by_id.get(template)
        if found is None:
            raise NotFoundError(
                f"no document template `{template}`", did_you_mean(template, self._by_id)
            )
        return found

    def of_act(self, act: str) -> Template | None:
        """Return the template of an act's document, None when the act issues none."""
        return self._by_act.get(act)


class _Reader:
    """Reads a folder and collects what is wrong in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._issued: dict[str, str] = {}
        self.findings: list[Finding] = []

    def templates(self) -> list[Template]:
        """Return the templates that can be used."""
        remedies = self._model(Remedies, self._folder / REMEDIES)
        if remedies is None:
            return []
        paths = sorted(self._folder.glob("*.yaml"))
        made = [self._template(p, remedies[0]) for p in paths if p.name != REMEDIES]
        return [template for template in made if template is not None]

    def _template(self, path: Path, remedies: Remedies) -> Template | None:
        read_ = self._model(Definition, path)
        if read_ is None:
            return None
        definition, node = read_
        self._named(definition, node, path)
        body = self._body(definition, node)
        if body is None:
            return None
        parts = [path.read_bytes(), FRAME.encode()]
        paragraphs: dict[str, str] = {}
        if definition.remedy:
            parts.append((self._folder / REMEDIES).read_bytes())
            paragraphs = {regime: remedy.text for regime, remedy in remedies.root.items()}
        version = hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]
        return Template(definition, version, paragraphs, body)

    def _model(self, model: type[M], path: Path) -> tuple[M, Node] | None:
        node, findings = read(path)
        self.findings += findings
        if node is None or findings:
            return None
        made = validate(model, node)
        if isinstance(made, list):
            self.findings += made
            return None
        return made, node

    def _named(self, definition: Definition, node: Node, path: Path) -> None:
        """The id is the file's name, and no act issues two documents."""
        if definition.id != path.stem:
            message = f"`id` is `{definition.id}`, the file's name is `{path.stem}`"
            self._find(_at(node, "id"), message, "make them agree")
        for act in definition.acts:
            first = self._issued.setdefault(act, path.name)
            if first != path.name:
                message = f"act `{act}` issues a document already"
                self._find(_at(node, "acts"), message, f"see {first}")

    def _body(self, definition: Definition, node: Node) -> jinja2.Template | None:
        """Compile the body; every name that it uses is known, every fact declared and used."""
        start = _at(node, "body")
        block = isinstance(body := node.get("body"), Node) and body.inset is None

        def at(line: int) -> Mark:
            # A block of lines begins below its key; columns in it say nothing.
            return Mark(start.file, start.line + line, 1) if block else start

        try:
            tree = TEXT.parse(definition.body)
            compiled = TEXT.from_string(definition.body)
        except jinja2.TemplateSyntaxError as error:
            self._find(at(error.lineno), f"the body cannot be read: {error.message}")
            return None
        unknown = meta.find_undeclared_variables(tree) - NAMES
        for name in tree.find_all(nodes.Name):
            if name.name in unknown:
                fix = did_you_mean(name.name, NAMES)
                self._find(at(name.lineno), f"the body uses unknown `{name.name}`", fix)
        used = {
            part.attr: part.lineno
            for part in tree.find_all(nodes.Getattr)
            if isinstance(part.node, nodes.Name) and part.node.name == "facts"
        }
        undeclared = used.keys() - definition.facts.keys()
        for fact in undeclared:
            fix = did_you_mean(fact, definition.facts, "declared")
            self._find(at(used[fact]), f"the body uses undeclared `facts.{fact}`", fix)
        # A misspelt fact is one mistake, not an undeclared one and an unused one.
        for fact in () if undeclared else definition.facts.keys() - used.keys():
            self._find(_at(node, "facts"), f"fact `{fact}` is declared and not used", "take it out")
        return compiled

    def _find(self, mark: Mark, message: str, fix: str = "") -> None:
        self.findings.append(finding(mark, "KS070", message, fix))


def _at(node: Node, key: str) -> Mark:
    """Return where a key's value stands."""
    found = node.get(key)
    return found.mark if found is not None else node.mark
