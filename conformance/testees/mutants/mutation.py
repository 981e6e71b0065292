"""Where the reference can be broken, and how: in memory, as a module is imported."""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

HERE = Path(__file__).resolve().parent
PACKAGE = Path(str(importlib.util.find_spec("timestep").origin)).parent
#: Profile -> the modules whose refusals it asks about.
PLACES = {
    "codec": (
        "codec/*.py",
        "codec/proto/*.py",
        "dialects/*.py",
        "dialects/*/*.py",
        "state.py",
        "source.py",
        "changes.py",
        "interruptions.py",
        "sealed.py",
        "sealing.py",
    ),
    "session": ("sessions/file.py", "sessions/sqlite.py"),
    "durable": ("stores/*.py", "storage/database.py"),
    "router": ("providers/routing*.py", "providers/url_policy.py"),
}
#: Texts that are replaced: changed decisions, by the row or the rule that they break. A file is of the profile that it
#: is called after, and may name another one in a row.
TEXTS = HERE / "texts"
_RULE = re.compile(r"TS-[A-Z]+-[0-9]{3}")


@dataclass(frozen=True)
class Mutant:
    """One thing that is wrong.

    Attributes:
        module: the module that is changed.
        number: which of its refusals is left out; None where a text is replaced.
        find: the text that is replaced, the first time that it stands there.
        why: what is wrong, for people.
    """

    name: str
    profile: str
    module: str
    rule: str | None = None
    row: str | None = None
    number: int | None = None
    find: str = ""
    replace: str = ""
    why: str = ""

    def told(self) -> dict[str, Any]:
        """Return it as a line of the list."""
        told = {"name": self.name, "profile": self.profile, "rule": self.rule, "row": self.row, "why": self.why}
        return {name: value for name, value in told.items() if value is not None}

    def changed(self, source: str) -> CodeType:
        """Return the code of the module with the fault in it.

        Raises:
            ValueError: the text is not there.
        """
        if self.number is None:
            if self.find not in source:
                raise ValueError(f"{self.name}: {self.find!r} does not stand in {self.module}")
            return compile(source.replace(self.find, self.replace, 1), self.module, "exec")
        tree = ast.parse(source)
        _LeftOut(self.number).visit(tree)
        return compile(ast.fix_missing_locations(tree), self.module, "exec")


def mutants() -> Iterator[Mutant]:
    """Yield all mutants; the names stay as long as the order of refusals in a function does."""
    for profile, globs in PLACES.items():
        for path in sorted({path for glob in globs for path in PACKAGE.glob(glob)}):
            yield from _refusals(profile, path)
    for file in sorted(TEXTS.glob("*.json")):
        yield from _replacements(file)


def named(name: str) -> Mutant | None:
    """Return the mutant that is called so, and look through no more than has to be."""
    file = TEXTS / f"{name.rpartition('/')[2].rpartition('-')[0]}.json"
    found = _replacements(file) if file.is_file() else mutants()
    return next((mutant for mutant in found if mutant.name == name), None)


def _replacements(file: Path) -> Iterator[Mutant]:
    for index, row in enumerate(json.loads(file.read_text(encoding="utf-8"))):
        module = row.get("module") or f"timestep.loop.{row['file']}"
        profile = row.get("profile", file.stem)
        label = row.get("row") or row.get("rule") or profile
        why = row.get("why") or f"{row['find']!r} became {row['replace']!r}"
        yield Mutant(f"{profile}/{label}/{file.stem}-{index}", profile, module, row.get("rule"), row.get("row"),
                     None, row["find"], row["replace"], why)  # fmt: skip


def put_in_place(mutant: Mutant) -> None:
    """Have the module of a mutant imported with its fault."""
    sys.meta_path.insert(0, _Finder(mutant))


def _refusals(profile: str, path: Path) -> Iterator[Mutant]:
    module = ".".join(["timestep", *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__")
    source = path.read_text(encoding="utf-8")
    count: dict[str, int] = {}
    for number, node in enumerate(_raises(ast.parse(source))):
        text = ast.get_source_segment(source, node) or ""
        rule = _RULE.search(text)
        if rule is None:
            continue
        label = f"{rule[0]}/{module.removeprefix('timestep.')}"
        count[label] = count.get(label, 0) + 1
        why = f"line {node.lineno} of {module} does not refuse: {' '.join(text.split())[:150]}"
        yield Mutant(f"{profile}/{label}-{count[label]}", profile, module, rule[0], number=number, why=why)


def _raises(tree: ast.AST) -> list[ast.Raise]:
    """Return the statements of a module that raise something, in their order."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc is not None]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


class _LeftOut(ast.NodeTransformer):
    """Puts `pass` in the place of one refusal."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.wanted: ast.Raise | None = None

    def visit_Module(self, node: ast.Module) -> ast.AST:
        """Find the one."""
        self.wanted = _raises(node)[self.number]
        return self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """Replace it."""
        return ast.copy_location(ast.Pass(), node) if node is self.wanted else node


class _Finder:
    """Finds one module as always, and loads it with the fault."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002 - as given
        """Return where the module is."""
        if fullname != self.mutant.module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is not None:
            spec.loader = _Loader(fullname, str(spec.origin))
            spec.loader.mutant = self.mutant
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    """Reads the source and never a cache."""

    mutant: Mutant

    def get_code(self, fullname: str) -> CodeType:
        """Return the code with the fault."""
        return self.mutant.changed(Path(self.get_filename(fullname)).read_text(encoding="utf-8"))
