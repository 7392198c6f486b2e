"""The catalogue: a folder of matters, families and procedures, compiled when asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from compiler.build import Built, Recipe, Source, build
from compiler.definition import Matter, Procedure
from compiler.findings import Finding, Mark, definition_error, did_you_mean, finding
from compiler.merge import merge, without
from compiler.plan import Plan
from compiler.typed import validate
from compiler.yaml_text import Node, read
from errors import NotFoundError

ROOT = Path(__file__).resolve().parent.parent / "matters"
"""The catalogue that comes with the program."""

FAMILIES = "families.yaml"
"""`common` and families; more families may lie in the folder of the same name."""
PROCEDURES = "procedures"
MATTER_FOLDERS = ("2020", "2021", "later")


@dataclass(frozen=True, slots=True)
class Entry:
    """A matter whose own text is right; whether its modes compile, `Catalogue.plan` says."""

    matter: Matter
    node: Node
    file: Path


@dataclass
class Catalogue:
    """All matters by code, in the order of the lists.

    Args:
        root: The folder.
        matters: Code → matter.
        procedures: Name → procedure.
        findings: What was found while reading, before any mode is compiled.
        whole: All matters of the folder are read, not only some.
    """

    root: Path
    matters: dict[str, Entry] = field(default_factory=dict)
    procedures: dict[str, Recipe] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    whole: bool = True
    _broken: dict[str, list[Finding]] = field(default_factory=dict)
    _built: dict[tuple[str, str], Built] = field(default_factory=dict)
    _plans: dict[tuple[str, str], Plan] = field(default_factory=dict)

    @classmethod
    def load(cls, root: Path | None = None, files: Iterable[Path] | None = None) -> Catalogue:
        """Read a catalogue.

        Args:
            root: Its folder; the one that comes with the program by default.
            files: Only these matters, against the folder's families and procedures.

        Returns:
            The catalogue. Mistakes are in `findings`; matters with mistakes are not in `matters`.
        """
        catalogue = cls(root or ROOT, whole=files is None)
        families = catalogue._read_families()
        for path in sorted((catalogue.root / PROCEDURES).glob("*.yaml")):
            catalogue._read_procedure(path)
        if files is None:
            files = [
                path
                for folder in MATTER_FOLDERS
                for path in sorted((catalogue.root / folder).glob("*.yaml"))
            ]
        for path in files:
            catalogue._read_matter(path, families)
        catalogue.findings.sort()
        return catalogue

    def find(self, text: str) -> Entry:
        """Return the matter with this code, name, or code and name.

        Raises:
            NotFoundError: There is none, or several have that name; names what is near.
            DefinitionError: There is one with this code, and its text has findings.
        """
        wanted = text.strip()
        code = wanted.split(maxsplit=1)[0] if wanted else ""
        entry = self.matters.get(code)
        if entry and wanted in (code, f"{code} {entry.matter.name}"):
            return entry
        if code in self._broken:
            raise definition_error(self._broken[code])
        named = [e for e in self.matters.values() if e.matter.name == wanted]
        if len(named) == 1:
            return named[0]
        if named:
            codes = ", ".join(e.matter.code for e in named)
            raise NotFoundError(f"several matters are named `{wanted}`", f"say which: {codes}")
        is_code = re.fullmatch(r"([a-z]+|[0-9]+)[-/ ]?([0-9]*)", wanted)
        if is_code:
            wanted_code = f"{is_code[1]}-{is_code[2]:0>2}"
            fix = did_you_mean(wanted_code, self.matters)
        else:
            fix = did_you_mean(wanted, [e.matter.name for e in self.matters.values()])
        raise NotFoundError(
            f"no matter `{wanted}`",
            fix if fix.startswith("did") else "`kuasheng matters list` shows all",
        )

    def plan(self, code: str, mode: str | None = None) -> Plan:
        """Return the sealed Plan of a matter; compiled on first use.

        Args:
            code: As `find` takes it.
            mode: One of the matter's modes; None means the first that it lists.

        Raises:
            NotFoundError: No such matter, or it has no such mode.
            DefinitionError: The definition has findings.
        """
        entry = self.find(code)
        key = (entry.matter.code, mode or next(iter(entry.matter.modes)))
        if key not in self._plans:
            built = self.built(*key)
            if built.plan is None:
                raise definition_error(built.findings)
            self._plans[key] = built.plan.sealed()
        return self._plans[key]

    def built(self, code: str, mode: str) -> Built:
        """Return what compiling a matter in a mode gave, findings included.

        Raises:
            NotFoundError: No such matter, or it has no such mode.
            DefinitionError: The mode's procedure does not exist.
        """
        entry = self.find(code)
        matter = entry.matter
        rule = next((rule for name, rule in matter.modes.items() if name == mode), None)
        if rule is None:
            raise NotFoundError(
                f"{matter.code} {matter.name} has no mode `{mode}`",
                f"it has {', '.join(matter.modes)}",
            )
        key = (matter.code, mode)
        if key not in self._built:
            recipe = self.procedures.get(rule.procedure)
            if recipe is None:
                raise definition_error([self._no_procedure(entry, mode, rule.procedure)])
            modes = {name: name for name in matter.modes}
            source = Source(matter, entry.node)
            self._built[key] = build(source, modes[mode], recipe)  # type: ignore[index]
        return self._built[key]

    def compile_all(self) -> list[Finding]:
        """Compile every matter in every mode; return all findings, sorted, each once."""
        found = set(self.findings)
        for code, entry in self.matters.items():
            for mode, rule in entry.matter.modes.items():
                if rule.procedure in self.procedures:
                    found.update(self.built(code, mode).findings)
                else:
                    found.add(self._no_procedure(entry, mode, rule.procedure))
            found.update(self._waivers(entry))
            found.update(self._superseded(entry))
        return sorted(found)

    def _superseded(self, entry: Entry) -> Iterable[Finding]:
        """`supersedes` names other matters; a part of a catalogue cannot tell."""
        for code in entry.matter.supersedes if self.whole else ():
            if code not in self.matters or code == entry.matter.code:
                fix = did_you_mean(code, self.matters.keys() - {entry.matter.code}, "matters")
                mark = entry.node.at("supersedes")
                yield finding(mark, "KS020", f"supersedes unknown matter `{code}`", fix)

    def _waivers(self, entry: Entry) -> Iterable[Finding]:
        """`waived_by` names a step that some mode of the matter has."""
        steps = {
            step
            for mode, rule in entry.matter.modes.items()
            if rule.procedure in self.procedures
            for step in self.built(entry.matter.code, mode).draft.texts
        }
        for material in entry.matter.materials:
            if material.waived_by is not None and material.waived_by not in steps:
                message = (
                    f"material `{material.id}` is waived by unknown step `{material.waived_by}`"
                )
                fix = did_you_mean(material.waived_by, steps, "steps")
                yield finding(entry.node.at("materials"), "KS020", message, fix)

    def _no_procedure(self, entry: Entry, mode: str, name: str) -> Finding:
        node = entry.node.at("modes", mode)
        modes = entry.node.get("modes")
        rule = modes.get(mode) if modes else None
        named = rule.get("procedure") if rule else None
        mark = named.mark if named else node
        fix = did_you_mean(name, self.procedures, "procedures")
        return finding(mark, "KS020", f"unknown procedure `{name}`", fix)

    def _read(self, path: Path) -> Node | None:
        node, found = read(path, _shown(path))
        self.findings += found
        if node is not None and not isinstance(node.value, dict):
            self.findings.append(finding(node.mark, "KS011", "this must be a mapping"))
            return None
        return node

    def _read_families(self) -> dict[str, Node]:
        """Return each family merged with its own families and `common`, which is under ''."""
        main = self.root / FAMILIES
        common = Node({}, Mark(_shown(main), 1, 1))
        own: dict[str, Node] = {}
        for path in (main, *sorted(main.with_suffix("").glob("*.yaml"))):
            node = self._read(path)
            if node is None:
                continue
            self._known_keys(node, ("common", "families"))
            common = node.get("common") or common
            below = node.get("families")
            for name, family in below.items() if below else ():
                if name in own:
                    self._twice("family", name, family.mark)
                self._known_keys(family, Matter.model_fields)
                own.setdefault(name, family)
        return {"": common} | {name: self._chain(name, own, common) for name in own}

    def _known_keys(self, node: Node, known: Iterable[str]) -> None:
        for key, mark in node.keys.items():
            if key not in known:
                fix = did_you_mean(key, known, "known here")
                self.findings.append(finding(mark, "KS010", f"unknown key `{key}`", fix))

    def _chain(self, name: str, own: dict[str, Node], common: Node) -> Node:
        """Merge a family over its family, and so on down to `common`."""
        chain, seen = own[name], {name}
        parent = chain.get("family")
        while parent is not None:
            if parent.text not in own or parent.text in seen:
                circle = " (it is its own family)" if parent.text in seen else ""
                message = f"unknown family `{parent.text}`{circle}"
                fix = did_you_mean(parent.text, own.keys() - seen, "families")
                self.findings.append(finding(parent.mark, "KS020", message, fix))
                break
            seen.add(parent.text)
            below = own[parent.text]
            chain, parent = merge(below, without(chain, "family")), below.get("family")
        return merge(common, without(chain, "family"))

    def _read_procedure(self, path: Path) -> None:
        node = self._read(path)
        if node is None:
            return
        procedure = validate(Procedure, node)
        if isinstance(procedure, list):
            self.findings += procedure
            return
        if procedure.procedure in self.procedures:
            self._twice("procedure", procedure.procedure, node.at("procedure"))
            return
        if procedure.home not in procedure.places:
            fix = did_you_mean(procedure.home, procedure.places, "places")
            message = f"home `{procedure.home}` is no place of the procedure"
            self.findings.append(finding(node.at("home"), "KS020", message, fix))
        self.procedures[procedure.procedure] = Recipe(procedure, node)

    def _read_matter(self, path: Path, families: dict[str, Node]) -> None:
        node = self._read(path)
        if node is None:
            return
        family = node.get("family")
        base = families.get(family.text if family else "")
        if family is not None and base is None:
            fix = did_you_mean(family.text, families.keys() - {""}, "families")
            message = f"unknown family `{family.text}`"
            self.findings.append(finding(family.mark, "KS020", message, fix))
            return
        merged = merge(base, node) if base else node
        matter = validate(Matter, merged)
        if isinstance(matter, list):
            self.findings += matter
            code = node.get("code")
            self._broken[code.text if code else ""] = matter
        elif matter.code in self.matters:
            self._twice("matter", matter.code, node.at("code"))
        else:
            self.matters[matter.code] = Entry(matter, merged, path)

    def _twice(self, what: str, name: str, mark: Mark) -> None:
        message = f"{what} {name} is defined in two files"
        self.findings.append(finding(mark, "KS024", message, "take one out"))


def _shown(path: Path) -> str:
    """Return the path as people would type it: relative to where they are, when it is below."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
