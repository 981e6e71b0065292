"""The linter of the specification, `tools/check_spec.py`: green on this repository, red on every planted fault."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "tools" / "check_spec.py"

PAGE = """# Core

A reader is strict.

- <a id="TS-CORE-001"></a>[TS-CORE-001] A reader MUST refuse text that is not UTF-8.
- <a id="TS-CORE-002"></a>[TS-CORE-002] A writer MUST NOT write it: see [state](state.md#steps) and `MUST`.

```json
{"a": [1, null]}
```
"""
STATE = """# State

## Steps

- <a id="TS-STATE-001"></a>[TS-STATE-001] A state SHOULD be small. It follows TS-CORE-001.
"""
CODE = 'raise Error("no text", code="json-encoding", requirement="TS-CORE-001")\n'
ERRORS = {
    "codes": {
        "json-encoding": {
            "title": "Not UTF-8",
            "meaning": "It is not.",
            "help": "Save it so.",
            "requirement": "TS-CORE-001",
        }
    }
}


def load():
    """Return the script as a module."""
    spec = importlib.util.spec_from_file_location("check_spec", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["check_spec"] = module
    spec.loader.exec_module(module)
    return module


def lay(root, **changes):
    """Write a small sound specification into a folder, with changes by file name."""
    files = {
        "spec/core.md": PAGE,
        "spec/state.md": STATE,
        "spec/errors.json": json.dumps(ERRORS),
        "python/timestep/codec.py": CODE,
        **{name: text for name, text in changes.items() if text is not None},
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def reported(root):
    """Return the faults of a folder as `file:line: message`."""
    return [f"{fault.file.relative_to(root).as_posix()}:{fault.line}: {fault.message}" for fault in load().faults(root)]


def test_this_repository_is_sound():
    """The specification of this repository has no fault."""
    assert reported(ROOT) == []


def test_a_small_sound_specification_has_no_fault(tmp_path):
    """What the planted faults are planted into is sound itself."""
    lay(tmp_path)
    assert reported(tmp_path) == []


def planted(name, text):
    """Return a change of one file."""
    return {name: text}


PLANTED = {
    "id twice": (
        planted("spec/core.md", PAGE.replace("TS-CORE-002", "TS-CORE-001")),
        "spec/core.md:6: TS-CORE-001 is defined twice; first at core.md:5",
    ),
    "id twice, in two pages": (
        planted("spec/other.md", '- <a id="TS-CORE-002"></a>[TS-CORE-002] It MAY.\n'),
        "spec/other.md:1: TS-CORE-002 belongs into core.md",
    ),
    "id without anchor": (
        planted("spec/state.md", STATE.replace('<a id="TS-STATE-001"></a>', "")),
        'spec/state.md:5: write <a id="TS-STATE-001"></a>[TS-STATE-001] and a space',
    ),
    "anchor of another id": (
        planted("spec/state.md", STATE.replace('<a id="TS-STATE-001">', '<a id="TS-STATE-002">')),
        "spec/state.md:5: the anchor TS-STATE-002 stands before TS-STATE-001",
    ),
    "normative word without id": (
        planted("spec/core.md", PAGE.replace("A reader is strict.", "A reader MUST be strict.")),
        "spec/core.md:3: MUST stands outside a sentence with an id",
    ),
    "normative word in the next sentence": (
        planted("spec/state.md", STATE.replace("It follows", "It MAY follow")),
        "spec/state.md:5: MAY stands outside a sentence with an id",
    ),
    "normative word in a table": (
        planted("spec/core.md", PAGE + "\n| a | b |\n| --- | --- |\n| x | SHOULD |\n"),
        "spec/core.md:14: SHOULD stands outside a sentence with an id",
    ),
    "id without normative word": (
        planted("spec/state.md", STATE.replace("SHOULD be", "is")),
        "spec/state.md:5: TS-STATE-001 marks a sentence without MUST, SHOULD or MAY",
    ),
    "dead link": (
        planted("spec/core.md", PAGE.replace("state.md#steps", "states.md")),
        "spec/core.md:6: states.md: there is no such file",
    ),
    "dead anchor": (
        planted("spec/core.md", PAGE.replace("state.md#steps", "state.md#step")),
        "spec/core.md:6: state.md#step: there is no such heading or id",
    ),
    "example that does not parse": (
        planted("spec/core.md", PAGE.replace("null]", "null,]")),
        "spec/core.md:8: the JSON below does not parse",
    ),
    "example with a name twice": (
        planted("spec/core.md", PAGE.replace('{"a"', '{"a": 1, "a"')),
        "spec/core.md:8: the JSON below does not parse: a name stands twice in one object",
    ),
    "example with NaN": (
        planted("spec/core.md", PAGE.replace("null]", "NaN]")),
        "spec/core.md:8: the JSON below does not parse: NaN",
    ),
    "reference to nothing, in the prose": (
        planted("spec/state.md", STATE.replace("follows TS-CORE-001", "follows TS-CORE-009")),
        "spec/state.md:5: TS-CORE-009 is defined nowhere in spec/",
    ),
    "reference to nothing, in the code": (
        planted("python/timestep/codec.py", CODE.replace("TS-CORE-001", "TS-CORE-008")),
        "python/timestep/codec.py:1: TS-CORE-008 is defined nowhere in spec/",
    ),
    "reference to nothing, in a schema": (
        planted("spec/schema/v1/a.schema.json", '{"description": "TS-CORE-007"}'),
        "spec/schema/v1/a.schema.json:1: TS-CORE-007 is defined nowhere in spec/",
    ),
    "code by keyword": (
        planted("python/timestep/a.py", 'f(code="lost")'),
        "python/timestep/a.py:1: the error code 'lost' is not in",
    ),
    "code by condition": (
        planted("python/timestep/a.py", 'f(code="json-encoding" if x else "lost")'),
        "python/timestep/a.py:1: the error code 'lost' is not in",
    ),
    "code by default": (
        planted("python/timestep/a.py", 'class E:\n    default_code = "lost"'),
        "python/timestep/a.py:2: the error code 'lost' is not in",
    ),
    "code by position": (
        planted("python/timestep/a.py", 'refuse(data, 3, "json-lost")'),
        "python/timestep/a.py:1: the error code 'json-lost' is not in",
    ),
    "code of a warning": (
        planted("python/timestep/a.py", 'tree.warn("lost", "x")'),
        "python/timestep/a.py:1: the error code 'lost'",
    ),
    "code that nothing uses": (
        planted("python/timestep/codec.py", ""),
        "spec/errors.json:1: json-encoding is used nowhere in python/timestep",
    ),
    "code without help": (
        planted("spec/errors.json", json.dumps(ERRORS).replace('"help"', '"hint"')),
        "spec/errors.json:1: json-encoding: help missing",
    ),
}


@pytest.mark.parametrize("case", PLANTED)
def test_a_planted_fault_is_reported(tmp_path, case):
    """Each kind of fault, planted in a sound specification, is reported: the check is able to fail."""
    changes, expected = PLANTED[case]
    lay(tmp_path, **changes)
    assert [line for line in reported(tmp_path) if line.startswith(expected)] != []


@pytest.mark.parametrize(
    "sound",
    [
        '"MUST", "SHOULD NOT" and "MAY" are words.',
        "A must in small letters is a word like any other.",
        "```text\nMUST\n```",
        "A second line of a paragraph\nthat has `MUST` in code.",
    ],
)
def test_what_is_no_fault_is_not_reported(tmp_path, sound):
    """Quoted words, small letters and code are not normative."""
    lay(tmp_path, **{"spec/core.md": f"{PAGE}\n{sound}\n"})
    assert reported(tmp_path) == []


def test_the_command_tells_faults_and_ends_with_1(tmp_path):
    """`python3 tools/check_spec.py` prints each fault on stderr and its exit status tells."""
    lay(tmp_path, **{"spec/core.md": PAGE.replace("strict", "REQUIRED")})
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert f"spec{'/'}core.md:3: REQUIRED stands outside a sentence with an id" in done.stderr
