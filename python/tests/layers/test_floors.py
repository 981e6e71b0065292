"""The floors of the house: who may import whom, and where third-party packages may be used."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Room -> (its floor, the floors below it that it may import). Rooms of one floor are strangers.
ROOMS = {
    "types": (0, ()),
    "errors": (0, ()),
    **dict.fromkeys(("codec", "storage"), (1, (0,))),
    **dict.fromkeys(("providers", "tools", "guardrails", "handoffs"), (2, (0, 1))),
    **dict.fromkeys(("sessions", "stores", "dialects", "schema"), (2, (0, 1))),
    **dict.fromkeys(("loop", "timeline"), (3, (0, 1))),
    **dict.fromkeys(
        ("state", "source", "sealed", "sealing", "agent", "interruptions", "changes"), (4, (0, 1, 2, 3, 4))
    ),
    "loop driver": (5, (0, 1, 2, 3, 4)),
    "interop": (6, (0, 1, 2, 3, 4, 5)),
    **dict.fromkeys(("run", "saved", "approving", "model_providers"), (7, (0, 1, 2, 3, 4, 5, 6))),
    **dict.fromkeys(("workflows", "runner", "testing"), (8, (0, 1, 2, 3, 4, 5, 6, 7))),
    **dict.fromkeys(("cli", "viewer"), (9, (0, 1, 2, 3, 4, 5, 6, 7, 8))),
    "v1": (0, ()),  # generated; see READERS_OF_V1
    # The package itself stands above all, so nothing below may import it.
    **dict.fromkeys(("__main__", "timestep"), (10, tuple(range(10)))),
}
# In loop/, but asynchronous.
DRIVER = {
    f"timestep.loop.{name}"
    for name in (
        "checkpoints",
        "config",
        "driver",
        "history",
        "in_doubt",
        "perform",
        "perform_calls",
        "result",
        "run_input",
        "scene",
        "stream",
    )
}
READERS_OF_V1 = ("timestep.v1", "timestep.runner", "timestep.codec.proto")
# Barred on floor 3: a clock, chance, I/O, or running at once.
IMPURE = {"asyncio", "os", "time", "random", "secrets", "socket", "subprocess", "threading", "uuid"}
# Third-party package -> the modules (and what is inside them) that may use it. Others are used nowhere.
FENCES = {
    "msgspec": ("timestep",),
    "openai": ("timestep.providers.openai", "timestep.providers.openai_client", "timestep.sessions.conversations"),
    "httpx2": ("timestep.providers.openai_client",),  # what the package `openai` sends with
    "ollama": ("timestep.providers.ollama",),
    "httpx": ("timestep.providers.ollama", "timestep.tools.web_search_backends", "timestep.cli.model_hosts"),
    "grpc": ("timestep.runner", "timestep.v1"),
    "google": ("timestep.runner", "timestep.v1", "timestep.codec.proto"),
    "psycopg": ("timestep.storage.postgres", "timestep.storage.postgres_refusals", "timestep.storage.alive"),
    "dbos": ("timestep.workflows",),
    "sqlalchemy": ("timestep.workflows.away",),  # whose errors DBOS lets through
    "croniter": ("timestep.workflows.schedules",),  # what DBOS reads crontabs with
    "pysqlite3": ("timestep.workflows.place",),  # what DBOS is given where Python's own SQLite is too old
    "agents": ("timestep.interop.agents_sdk",),
    "jsonschema": ("timestep.tools.fitting", "timestep_conformance"),
    "referencing": ("timestep.tools.fitting", "timestep_conformance"),  # jsonschema's own registry of schemas
    "click": ("timestep.cli", "timestep_conformance"),
    "rich": ("timestep.cli", "timestep_conformance"),
}


def inside(module: str, places: tuple[str, ...]) -> bool:
    """Tell whether a module is one of these places or lies within one."""
    return any(module == place or module.startswith(f"{place}.") for place in places)


def room_of(module: str) -> str:
    """Return the room a module of ours stands in."""
    if inside(module, ("timestep.loop.handle",)):
        return "run"
    return "loop driver" if inside(module, tuple(DRIVER)) else [*module.split("."), "timestep"][1]


def imports(tree: ast.AST, package: str) -> Iterator[tuple[int, str]]:
    """Yield line and full name of all that is imported at run time, in functions too; `from a import b` is `a.b`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            for other in node.orelse:
                yield from imports(ast.Module([other], []), package)
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            source = ".".join([*parents, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)
        else:
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
                yield from ((node.lineno, arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant))
            yield from imports(node, package)


def objection(module: str, name: str) -> str | None:
    """Return why a module may not import this name, or nothing when it may."""
    top = name.partition(".")[0]
    if top == "timestep":
        return objection_to_room(module, name)
    floor = ROOMS[room_of(module)][0] if inside(module, ("timestep",)) else None
    if floor == ROOMS["loop"][0] and top in IMPURE:
        return f"{top} is barred on floor 3, which is pure"
    if top in sys.stdlib_module_names or top == module.partition(".")[0] or inside(module, FENCES.get(top, ())):
        return None
    return f"{top} is fenced: {', '.join(FENCES[top])}" if top in FENCES else f"{top} has no fence: nobody may use it"


def objection_to_room(module: str, name: str) -> str | None:
    """Return why a module may not import this name of `timestep`."""
    if not inside(module, ("timestep",)):
        return "the conformance package never imports timestep"
    room = room_of(module)
    target = room_of(name) if room_of(name) in ROOMS else "timestep"  # `from timestep import read`
    if target == room or (target == "v1" and inside(module, READERS_OF_V1)):
        return None
    if target == "v1" or ROOMS[target][0] not in ROOMS[room][1]:
        return f"{room} (floor {ROOMS[room][0]}) may not import {target} (floor {ROOMS[target][0]})"
    return None


def violations(folder: Path, root: str) -> list[str]:
    """Return every import in a package that breaks the house rules, as `file:line: why`."""
    found: list[str] = []
    for path in sorted(folder.rglob("*.py")):
        parts = [root, *path.relative_to(folder).with_suffix("").parts]
        module = ".".join(parts).removesuffix(".__init__")
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        if root == "timestep" and room_of(module) not in ROOMS:
            found.append(f"{path.relative_to(folder)}: {room_of(module)} stands on no floor; give it one in ROOMS")
            continue
        for line, name in imports(ast.parse(path.read_text(encoding="utf-8")), package):
            why = objection(module, name)
            found += [f"{path.relative_to(folder)}:{line}: {why}"] if why else []
    return found


@pytest.mark.parametrize(
    ("place", "root"), [("python/timestep", "timestep"), ("conformance/timestep_conformance", "timestep_conformance")]
)
def test_every_import_keeps_to_its_floor(repo_root, place, root):
    """No module imports above its floor, from a stranger beside it, or a third-party package outside its fence."""
    assert violations(repo_root / place, root) == []


PLANTED = {
    "upwards": ("types/a.py", "from timestep.codec import decode", "types (floor 0) may not import codec (floor 1)"),
    "relative": ("codec/a.py", "from ..dialects import x", "codec (floor 1) may not import dialects (floor 2)"),
    "relative to itself": ("codec/__init__.py", "from ..storage import x", "codec (floor 1) may not import storage"),
    "stranger": ("stores/a.py", "import timestep.sessions.file", "stores (floor 2) may not import sessions (floor 2)"),
    "pure loop, floor 2": ("loop/turn.py", "from timestep import tools", "loop (floor 3) may not import tools"),
    "pure loop, clock": ("loop/turn.py", "def f():\n    from time import monotonic", "time is barred on floor 3"),
    "siblings": ("runner/server.py", "from timestep.workflows import x", "runner (floor 8) may not import workflows"),
    "public names": ("codec/a.py", "from timestep import read", "codec (floor 1) may not import timestep (floor 10)"),
    "generated code": ("cli/app.py", "from timestep.v1 import x", "cli (floor 9) may not import v1"),
    "fence": ("providers/routing.py", "def f():\n    import openai.types", "openai is fenced"),
    "fence, by name": ("cli/app.py", "import importlib\nimportlib.import_module('dbos')", "dbos is fenced"),
    "no fence": ("codec/a.py", "import pydantic", "pydantic has no fence"),
    "else of type checking": ("types/a.py", "if TYPE_CHECKING:\n    x = 1\nelse:\n    import grpc", "grpc is fenced"),
    "no floor": ("helpers/a.py", "", "helpers stands on no floor"),
}


@pytest.mark.parametrize("case", PLANTED)
def test_a_planted_violation_is_reported(tmp_path, case):
    """Each kind of violation, planted in a tree of its own, is reported once: the check is able to fail."""
    file, source, expected = PLANTED[case]
    plant(tmp_path, file, source)
    assert [expected in line for line in violations(tmp_path, "timestep")] == [True]


def test_a_planted_import_of_timestep_in_the_conformance_package_is_reported(tmp_path):
    """The suite that judges an implementation may not lean on one."""
    plant(tmp_path, "cli.py", "from timestep.codec import decode")
    assert violations(tmp_path, "timestep_conformance") == ["cli.py:1: the conformance package never imports timestep"]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("types/a.py", "if TYPE_CHECKING:\n    from timestep.state import RunState\n    import openai"),
        ("types/a.py", "import typing\nif typing.TYPE_CHECKING:\n    import grpc"),
        ("loop/driver.py", "import asyncio\nfrom timestep.tools import x\nfrom timestep.loop.turn import y"),
        ("loop/turn.py", "from timestep.types import x\nfrom . import limits"),
        ("state.py", "from timestep.dialects import x\nfrom timestep import errors"),
        ("codec/proto.py", "from timestep.v1 import run_pb2\nfrom google.protobuf import message"),
        ("cli/app.py", "import click\nfrom timestep.state import read"),
    ],
)
def test_what_the_house_allows_is_not_reported(tmp_path, file, source):
    """Imports downwards, inside a room, within a fence, and for type checking only are fine."""
    plant(tmp_path, file, source)
    assert violations(tmp_path, "timestep") == []


def plant(folder: Path, file: str, source: str) -> None:
    """Write one module into a tree."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")
