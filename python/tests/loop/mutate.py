"""Broken copies of the loop, in memory: the package under another name, with one text in it replaced."""

import importlib
import importlib.abc
import importlib.util
import sys
from contextlib import contextmanager
from pathlib import Path

import timestep.loop

NAME = "broken_loop"
FOLDER = Path(timestep.loop.__file__).parent
#: What `advance` is made of; the driver and its parts are not.
PURE = ("__init__", "advance", "calls", "draft", "ends", "handoffs", "log", "manifest", "nested", "resume", "settle",
        "start", "tree", "turn")  # fmt: skip
SOURCES = {name: (FOLDER / f"{name}.py").read_text(encoding="utf-8").replace("timestep.loop", NAME) for name in PURE}
_COMPILED = {name: compile(text, f"{NAME}/{name}.py", "exec") for name, text in SOURCES.items()}


class Importer(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of the copy; `changed` has the code of the one that is broken."""

    def __init__(self, changed):
        self.code = {**_COMPILED, **changed}

    def find_spec(self, fullname, path=None, target=None):  # noqa: ARG002 - the protocol's names
        """Return where a module of the copy is."""
        top, _, name = fullname.partition(".")
        if top != NAME or (name or "__init__") not in self.code:
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=not name)

    def exec_module(self, module):
        """Fill a module of the copy."""
        exec(self.code[module.__name__.partition(".")[2] or "__init__"], module.__dict__)


def broken(mutant):
    """Return the source of a mutant's file with its text replaced.

    Raises:
        ValueError: the text does not stand in the file exactly once.
    """
    source = SOURCES[mutant["file"]]
    count = source.count(mutant["find"])
    if count != 1:
        raise ValueError(f"{mutant['row']}: {mutant['find']!r} stands {count} times in {mutant['file']}.py")
    return source.replace(mutant["find"], mutant["replace"])


@contextmanager
def loop_of(mutant=None):
    """Give the modules of a copy of the loop, broken by a mutant, or as it is, by name."""
    changed = {mutant["file"]: compile(broken(mutant), f"{NAME}/{mutant['file']}.py", "exec")} if mutant else {}
    finder = Importer(changed)
    sys.meta_path.insert(0, finder)
    try:
        yield {name: importlib.import_module(f"{NAME}.{name}") for name in PURE if name != "__init__"}
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
            del sys.modules[name]
