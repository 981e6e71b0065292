"""Puts `tools/` on the path, where the checks of the specification live, and lays small specifications for them."""

import json
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))

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
TEST = '''class TestText:
    def test_text(self):
        """TS-CORE-001: it is refused."""
'''
CASE = {"requirements": ["TS-CORE-002"]}


@pytest.fixture
def lay(tmp_path, repo_root):
    """Return a function that writes a small sound specification, with changes by file name, and returns its root."""
    from spec_checks import registry

    def write(name, text):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")

    def laid(changes=None, *, generated=True):
        files = {
            "spec/core.md": PAGE,
            "spec/state.md": STATE,
            "spec/errors.json": json.dumps(ERRORS),
            "spec/CHANGELOG.md": "# Changes\n\n## 1.0, not yet released\n",
            "python/timestep/codec.py": CODE,
            "python/tests/codec/test_text.py": TEST,
            "conformance/cases/loop/a.json": json.dumps(CASE),
        }
        for name, text in {**files, **(changes or {})}.items():
            write(name, text)
        for schema in ("requirements", "errors"):
            copied = f"spec/schema/v1/{schema}.schema.json"
            (tmp_path / copied).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(repo_root / copied, tmp_path / copied)
        if generated and "spec/requirements.json" not in files | (changes or {}):
            write("spec/requirements.json", registry.text_of(registry.document(tmp_path, registry.read(tmp_path))))
        return tmp_path

    return laid


@pytest.fixture
def reported():
    """Return a function that gives the faults that some checks find in a checkout, as `file:line: message`."""

    def told(root, *checks):
        found = sorted({fault for check in checks for fault in check.faults(root)})
        return [f"{fault.file.relative_to(root).as_posix()}:{fault.line}: {fault.message}" for fault in found]

    return told
