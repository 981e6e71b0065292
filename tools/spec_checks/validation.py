"""Checks a registry against its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from spec_checks.fault import Fault
from spec_checks.schema_files import SchemaFiles, line_of


def faults_of(root: Path, file: Path, title: str) -> Iterator[Fault]:
    """Yield where a file breaks the schema of a title; nothing where there is no such file or sound schema."""
    try:
        validator = SchemaFiles(root).validators().get(title)
    except (ValueError, KeyError):
        return  # told of the schemas
    if validator is None or not file.is_file():
        return
    text = file.read_text(encoding="utf-8")
    for error in validator.iter_errors(json.loads(text)):
        line = line_of(text, tuple(str(step) for step in error.absolute_path))
        yield Fault(file, line, f"{error.json_path}: {error.message[:200]}")
