"""What `doctor` looks at: each check says what was found and, when it is not well, what to do."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from timestep.cli import spec_files
from timestep.cli.version import version
from timestep.errors import TimestepError

if TYPE_CHECKING:
    from timestep.cli.model_hosts import Offer

_OLDEST_PYTHON = (3, 11)  # pyproject.toml, requires-python
_OLDEST_NODE = 22  # tools/sdk/README.md: what the JavaScript client asks for
_PATIENCE = 10.0  # seconds for `node --version`

#: Import name -> distribution, what it is for, the extra that brings it; None is the core installation.
_PACKAGES: tuple[tuple[str, str, str, str | None], ...] = (
    ("msgspec", "msgspec", "reading and writing documents", None),
    ("click", "click", "this command", None),
    ("openai", "openai", "running agents on OpenAI", None),
    ("ollama", "ollama", "running agents on Ollama", None),
    ("rich", "rich", "reports of the conformance suite", None),
    ("google.protobuf", "protobuf", "states in binary form", "proto"),
    ("grpc", "grpcio", "the runner service", "grpc"),
    ("psycopg", "psycopg", "PostgreSQL", "postgres"),
    ("dbos", "dbos", "durable workflows", "dbos"),
    ("agents", "openai-agents", "agents built with the OpenAI Agents SDK", "agents"),
    ("jsonschema", "jsonschema", "the conformance suite", "conformance"),
)
#: Variable -> what its key is for.
_KEYS = {
    "OPENAI_API_KEY": "OpenAI's models",
    "OLLAMA_API_KEY": "Ollama Cloud's models, and web search",
    "FIRECRAWL_API_KEY": "web search",
}
_HOST_PATIENCE = 2.0  # seconds for all hosts together

# Without these, not even `check` works.
_REQUIRED = frozenset({"msgspec", "click"})


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at; `required` ones break the installation."""

    name: str
    ok: bool
    detail: str
    help: str | None = None
    required: bool = False

    @property
    def broken(self) -> bool:
        """Tell whether nothing works like this."""
        return self.required and not self.ok

    def fields(self) -> dict[str, Any]:
        """Give it as JSON output has it (cli-doctor.schema.json)."""
        fields = {"name": self.name, "ok": self.ok, "detail": self.detail, "required": self.required}
        return fields if self.help is None or self.ok else {**fields, "help": self.help}


def checks() -> list[Check]:
    """Look at everything on this machine."""
    found = [_python(), Check(name="timestep", ok=True, detail=version(), required=True), _spec()]
    found.extend(_package(*row) for row in _PACKAGES)
    found.extend(_key(*row) for row in _KEYS.items())
    return [*found, *_javascript(), _home()]


def host_checks() -> list[Check]:
    """Ask the hosts of models: OpenAI's or OPENAI_BASE_URL's, the local Ollama, and its cloud where there is a key."""
    from timestep.cli import model_hosts
    from timestep.cli.models import effective_rules, is_set

    try:
        known = model_hosts.hosts(effective_rules(None))
    except TimestepError as error:
        return [Check(name="addresses", ok=False, detail=error.message, help=error.help)]
    asked = [host for host in known if not host.is_cloud or is_set(host.resolved.key or "")]
    return [_host(offer) for offer in model_hosts.ask(asked, _HOST_PATIENCE, without_key=True)]


def _host(offer: Offer) -> Check:
    """Say what a host has told; a refusal is fine where there was no key to send."""
    from timestep.cli.models import is_set

    resolved = offer.host.resolved
    keyless = resolved.key is not None and not is_set(resolved.key)
    told = offer.problem if offer.models is None else f"offers {len(offer.models)} models"
    help_ = f"look at the network, {resolved.key} and OPENAI_BASE_URL"
    if resolved.kind == "ollama":
        help_ = "look at the network and the key" if resolved.key else "start it (ollama serve), or set OLLAMA_HOST"
    return Check(
        name=urlsplit(resolved.base_url or "").netloc,
        ok=offer.models is not None or (offer.reached and keyless),
        detail=f"{told}; {resolved.base_url} for {resolved.provider}/ models",
        help=help_,
    )


def _key(name: str, use: str) -> Check:
    """See whether a key is set; what it is, nobody is told."""
    there = bool(os.environ.get(name, "").strip())
    detail = f"{'set' if there else 'not set'}; for {use}"
    return Check(name=name, ok=there, detail=detail, help=f"set {name} if you want to use that")


def home() -> Path:
    """Give the folder for sessions and stores: TIMESTEP_HOME, else the platform's place for data."""
    chosen = os.environ.get("TIMESTEP_HOME")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "timestep"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "timestep"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "timestep"


def _python() -> Check:
    oldest = ".".join(map(str, _OLDEST_PYTHON))
    detail = f"{platform.python_version()} ({sys.executable})"
    enough = sys.version_info[:2] >= _OLDEST_PYTHON
    return Check(
        name="python", ok=enough, detail=detail, help=f"timestep needs Python {oldest} or newer", required=True
    )


def _spec() -> Check:
    place = spec_files.folder()
    detail = str(place) if place is not None else "not found; `timestep explain` has nothing to read"
    return Check(name="spec", ok=place is not None, detail=detail, help="install timestep again")


def _package(module: str, distribution: str, use: str, extra: str | None) -> Check:
    """Look for a package without loading it."""
    try:
        present = find_spec(module) is not None
    except ModuleNotFoundError:  # what it is a part of is not there either
        present = False
    try:
        number = version_of(distribution) if present else "not installed"
    except PackageNotFoundError:
        number = "of unknown version"
    extra_part = f"[{extra}]" if extra is not None else ""
    return Check(
        name=distribution,
        ok=present,
        detail=f"{number}; for {use}",
        help=f"pip install '.{extra_part}' in a clone of timestep",
        required=module in _REQUIRED,
    )


def _javascript() -> Iterator[Check]:
    """Look for Node and npm, which only work on the JavaScript side of timestep needs."""
    node = _answer("node")
    number = node.removeprefix("v").split(".")[0] if node is not None else ""
    enough = number.isdigit() and int(number) >= _OLDEST_NODE
    use = "for the conformance testee in TypeScript"
    wanted = f"install Node {_OLDEST_NODE} or newer if you want to run it"
    told = node if node is None or enough else f"{node} (too old)"
    yield Check(name="node", ok=enough, detail=f"{told or 'not found'}; {use}", help=wanted)
    npm = _answer("npm")
    yield Check(name="npm", ok=npm is not None, detail=f"{npm or 'not found'}; {use}", help=wanted)


def _answer(program: str) -> str | None:
    """Ask a program for its version."""
    path = shutil.which(program)
    if path is None:
        return None
    try:
        told = subprocess.run(  # noqa: S603 - a program of the user's own PATH, asked for its version
            [path, "--version"], capture_output=True, text=True, timeout=_PATIENCE, check=True
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return told.stdout.strip()[:40] or None


def _home() -> Check:
    """See whether the data folder, or the nearest folder above it that exists, can be written to."""
    wanted = "set TIMESTEP_HOME to a folder you can write to"
    try:
        place = home().absolute()
        existing = next(folder for folder in (place, *place.parents) if folder.exists())
        fine = existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
    except (OSError, RuntimeError, ValueError) as error:
        return Check(name="data folder", ok=False, detail=str(error), help=wanted, required=True)
    state = "there" if existing == place else "not there yet"
    detail = f"{place} ({state}, {'writable' if fine else 'not writable'})"
    return Check(name="data folder", ok=fine, detail=detail, help=wanted, required=True)
