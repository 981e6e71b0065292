"""The cases: read, ordered by id, and selected by glob, profile, requirement and feature."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from timestep_conformance import places
from timestep_conformance.places import SuiteError

PROFILES = ("codec", "router", "session", "loop", "durable", "runner-grpc")
LEVELS = ("MUST", "SHOULD", "MAY")
#: Members of a case that are told of it, and not asked.
_TOLD = ("title", "requirements", "introduced", "origin")
#: What a history has in place of arguments.
_HISTORY = ("manifest", "policy", "start", "held")
#: What only a case with servers of models has.
_SERVED = ("servers", "requests")
#: What only a whole run has.
_WHOLE = ("world", "effects", "asked", "session", "crash", "handoff")


@dataclass(frozen=True)
class Case:
    """One behaviour, with what is asked for and what is expected.

    Attributes:
        id: the profile, a slash, and the name of the file.
        requirements: ids of the rules it holds.
        features: what a testee has to declare for it to be asked.
        steps: the events of a history, each with what follows; empty for a case of one request.
        sequence: requests to processes of the testee and what is done between them; empty for other cases.
        rows: rows of transitions.md that a history goes through.
        tentative: it runs and never scores.
        servers: servers of models by name, each with its replies.
        requests: what these have to be asked, in order.
        world: of a whole run: what models, tools, people, the store and the session say.
        effects: of a whole run: the calls of tools that have happened in the end, and how often.
        asked: of a whole run: how often each callback has come, for those that it names.
        session: of a whole run: what its session has in the end; None where it does not matter.
        crash: where the testee is killed besides: `every-callback`, also twice (`pairs`), or nowhere.
        handoff: whether another testee goes on with what one has saved.
        sha256: of what it asks of whom and expects; what is only told of it, such as its title, makes no difference.
    """

    id: str
    title: str
    profile: str
    op: str
    args: Mapping[str, Any]
    expect: Mapping[str, Any]
    requirements: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    steps: Sequence[Mapping[str, Any]] = field(default=())
    sequence: Sequence[Mapping[str, Any]] = field(default=())
    rows: tuple[str, ...] = ()
    tentative: bool = False
    servers: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict[str, Any])
    requests: Sequence[Mapping[str, Any]] = field(default=())
    world: Mapping[str, Any] = field(default_factory=dict[str, Any])
    effects: Sequence[Mapping[str, Any]] = field(default=())
    asked: Mapping[str, int] = field(default_factory=dict[str, int])
    session: Sequence[Any] | None = None
    crash: str = ""
    handoff: bool = False
    sha256: str = ""

    @property
    def level(self) -> str:
        """The level of its strongest requirement; MUST where nothing is known of them."""
        found = {requirements()[name]["level"] for name in self.requirements if name in requirements()}
        return next((level for level in LEVELS if level in found), "MUST")


def load(folder: Path | None = None) -> list[Case]:
    """Return all cases, by id.

    Raises:
        SuiteError: one can't be read, or is not called as its file.
    """
    folder = places.CASES if folder is None else folder
    return sorted((read(path) for path in folder.glob("*/*.json")), key=lambda case: case.id)


def named(names: Iterable[str]) -> list[Case]:
    """Return the cases of these ids, and read no other.

    Raises:
        SuiteError: there is no such case.
    """
    return [read(places.CASES / f"{name}.json") for name in names]


def read(path: Path) -> Case:
    """Return the case in a file.

    Raises:
        SuiteError: it can't be read, lacks a member, or is not called as its file.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        return _case(value, f"{path.parent.name}/{path.stem}")
    except (OSError, ValueError) as error:
        raise SuiteError(f"{path}: {error}") from error
    except (KeyError, TypeError) as error:
        raise SuiteError(f"{path}: it is no case: {error}") from error


def _case(value: dict[str, Any], name: str) -> Case:
    if value["id"] != name:
        raise SuiteError(f"{name}.json is called {value['id']!r} inside")
    asked = not {"steps", "sequence"} & value.keys()
    return Case(
        id=value["id"],
        title=value["title"],
        profile=value["profile"],
        op=value["op"],
        args=value["args"] if asked else {name: value[name] for name in _HISTORY if name in value},
        expect=value["expect"] if asked else {},
        requirements=tuple(value["requirements"]),
        features=tuple(value.get("features", ())),
        steps=value.get("steps", ()),
        sequence=value.get("sequence", ()),
        rows=tuple(value.get("rows", ())),
        tentative=value.get("tentative", False),
        **{name: value[name] for name in (*_SERVED, *_WHOLE) if name in value},
        sha256=_sha256({member: each for member, each in value.items() if member not in _TOLD}),
    )


def select(
    cases: Iterable[Case],
    globs: Sequence[str] = (),
    profiles: Sequence[str] = (),
    requirements: Sequence[str] = (),
) -> list[Case]:
    """Return the cases that fit one of each kind that is given; a requirement may be an area, such as TS-CORE."""
    return [
        case
        for case in cases
        if (not globs or any(fnmatchcase(case.id, glob) for glob in globs))
        and (not profiles or case.profile in profiles)
        and (not requirements or any(_about(case, wanted) for wanted in requirements))
    ]


def _about(case: Case, wanted: str) -> bool:
    return any(name == wanted or name.startswith(f"{wanted}-") for name in case.requirements)


def digest(cases: Iterable[Case]) -> str:
    """Return the SHA-256 of what the cases ask and expect, so that two reports can be told to be of one selection."""
    return _sha256([[case.id, case.sha256] for case in cases])


def _sha256(value: Any) -> str:  # noqa: ANN401 - any JSON
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


@cache
def controls() -> dict[str, list[str]]:
    """Return the ids of each profile's controls: what a testee has to pass before anything of the profile scores.

    Raises:
        SuiteError: the list can't be read.
    """
    file = places.SETS / "controls.json"
    try:
        return json.loads(file.read_text(encoding="utf-8"))["controls"]
    except (OSError, ValueError, KeyError) as error:
        raise SuiteError(f"{file}: {error}") from error


@cache
def requirements() -> dict[str, dict[str, Any]]:
    """Return the rules of the specification by id; none where this installation has no specification."""
    file = places.SPEC / "requirements.json"
    if not file.is_file():
        return {}
    rows = json.loads(file.read_text(encoding="utf-8"))["requirements"]
    return {row["id"]: row for row in rows}
