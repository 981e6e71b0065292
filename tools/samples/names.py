"""Which names a piece of Python uses without defining them."""

from __future__ import annotations

import builtins
import symtable
from collections.abc import Iterator

# What a module has without defining it.
_GIVEN = {*dir(builtins), "__name__", "__file__", "__doc__"}


def undefined(source: str) -> list[str]:
    """Return the names that are neither built in nor bound at the top, in the order of the alphabet.

    Raises:
        SyntaxError: it is not Python.
    """
    top = symtable.symtable(source, "sample", "exec")
    bound = defined(source)
    return sorted({name for table in _tables(top) for name in _globals(table)} - bound - _GIVEN)


def defined(source: str) -> set[str]:
    """Return the names that are bound at the top: assigned, imported, or defined."""
    symbols = symtable.symtable(source, "sample", "exec").get_symbols()
    return {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """Yield a scope and all those inside it."""
    yield table
    for child in table.get_children():
        yield from _tables(child)


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    """Yield the names that a scope takes from the module."""
    module = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (module or symbol.is_global()):
            yield symbol.get_name()
