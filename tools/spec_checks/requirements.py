"""Checks the registry of requirements: it is as generated, and every MUST is held by a test or excluded by a reason."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from spec_checks import registry, validation
from spec_checks.fault import Fault
from spec_checks.marks import ID, line_of

_SHORTEST_REASON = 20  # characters; a sentence that says something is longer
_MEND = "run tools/gen_requirements.py --write"


def faults(root: Path) -> Iterator[Fault]:
    """Yield what is wrong with the requirements of a checkout as a whole."""
    file = root / "spec" / "requirements.json"
    malformed = list(validation.faults_of(root, file, "Requirements"))
    yield from malformed
    sources = registry.read(root)
    named = registry.by_id(chain(sources.tests, sources.cases))
    yield from check_named(sources)
    yield from check_exclusions(root, named)
    yield from check_held(root, sources.rules, named)
    if not malformed:
        yield from check_retired(root, sources.rules, registry.read_json(file))
        yield from check_generated(root, file, sources)


def check_named(sources: registry.Sources) -> Iterator[Fault]:
    """Report tests and cases that name a requirement that there is not."""
    for naming in chain(sources.tests, sources.cases):
        if naming.id not in sources.rules:
            yield Fault(naming.file, naming.line, f"{naming.id} is defined nowhere in spec/")


def check_held(root: Path, defined: dict[str, registry.Rule], named: dict[str, list[str]]) -> Iterator[Fault]:
    """Report each MUST that no test and no case names, and that is not excluded either."""
    excluded = registry.read_json(root / "spec" / "exclusions.json")
    for rule in defined.values():
        if rule.level == "MUST" and rule.id not in named and rule.id not in excluded:
            wanted = "name it in a test's docstring, or say in exclusions.json why that can't be"
            yield Fault(root / "spec" / rule.file, rule.line, f"{rule.id} is named by no test and no case: {wanted}")


def check_exclusions(root: Path, named: dict[str, list[str]]) -> Iterator[Fault]:
    """Report exclusions without a reason, and of requirements that a test holds after all."""
    file = root / "spec" / "exclusions.json"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    for name, reason in registry.read_json(file).items():
        line = line_of(text, max(text.find(f'"{name}"'), 0))
        if not ID.fullmatch(name):
            yield Fault(file, line, f"{name!r} is not the id of a requirement")
        if not explains(reason):
            wanted = f"a sentence of {_SHORTEST_REASON} characters or more"
            yield Fault(file, line, f"{name} is excluded without a reason: write {wanted}")
        if name in named:
            yield Fault(file, line, f"{name} is excluded, but {named[name][0]} names it: take it off the list")


def explains(reason: Any) -> bool:
    """Tell whether a reason is a sentence that says something."""
    return isinstance(reason, str) and len(reason.strip()) >= _SHORTEST_REASON and len(reason.split()) > 2


def check_retired(root: Path, defined: dict[str, registry.Rule], committed: dict[str, Any]) -> Iterator[Fault]:
    """Report ids that are used again after they were retired."""
    for row in committed.get("retired", []):
        rule = defined.get(row["id"])
        if rule:
            message = f"{rule.id} was retired in {row['retired']} and is never used again: take a new number"
            yield Fault(root / "spec" / rule.file, rule.line, message)


def check_generated(root: Path, file: Path, sources: registry.Sources) -> Iterator[Fault]:
    """Report a registry that is not what the pages, the tests and the cases give now."""
    try:
        wanted = registry.text_of(registry.document(root, sources))
    except ValueError as error:
        yield Fault(root / "spec" / "CHANGELOG.md", 1, str(error))
        return
    if not file.is_file():
        yield Fault(file, 1, f"there is none: {_MEND}")
        return
    pairs = zip_longest(file.read_text(encoding="utf-8").splitlines(), wanted.splitlines(), fillvalue="")
    for line, (now, then) in enumerate(pairs, start=1):
        if now != then:
            about = ID.search(then) or ID.search(now)
            place = f" (first at {about[0]})" if about else ""
            yield Fault(file, line, f"not what the pages, tests and cases give{place}: {_MEND}")
            return
