"""Each row of the table is held by a case: the loop is broken there, in one place, and a case fails."""

import json

import pytest

from timestep.codec import document, strict_json

from .cases import CASES, ROOT, ROWS, UNSAVED, copied, event_of, told
from .mutate import broken, loop_of

MUTANTS = json.loads((ROOT / "conformance/testees/mutants/texts/loop.json").read_text(encoding="utf-8"))


def fails(loop, case, *, saves=False):
    """Tell whether a case goes another way with a copy of the loop; `saves`: and is saved and read at every step."""
    tree, rules = loop["tree"], loop["manifest"]
    manifest = rules.manifest_of(case["manifest"], rules.Policy(**case.get("policy", {})))
    state = tree.tree_of(document.from_json(copied(case["start"]))) if "start" in case else None
    for step in case["steps"]:
        if saves and state is not None:
            state = tree.tree_of(tree.document_of(state))
        try:
            state, effects = loop["advance"].advance(manifest, state, event_of(step))
        except loop["draft"].IllegalEvent as error:
            if error.code != step.get("error"):
                return True
            continue
        except Exception:  # noqa: BLE001 - a mutant may break in any way
            return True
        if told(effects) != step.get("effects"):
            return True
        if "state" in step and strict_json.loads(document.encode(tree.document_of(state))) != step["state"]:
            return True
    return False


def killed(loop, row):
    """Tell whether a case fails with a copy of the loop; those that go through the row are tried first."""
    order = sorted(CASES.values(), key=lambda case: row not in case["rows"])
    saved = (case for case in order if not case.get("held"))
    return any(fails(loop, case) for case in order) or any(fails(loop, case, saves=True) for case in saved)


def test_the_loop_as_it_is_survives():
    """A copy that nothing was changed in passes every case: what kills a mutant is its fault."""
    with loop_of() as loop:
        assert [name for name, case in CASES.items() if fails(loop, case)] == []
        assert [name for name in CASES.keys() - UNSAVED if fails(loop, CASES[name], saves=True)] == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=[f"{mutant['row']}-{index}" for index, mutant in enumerate(MUTANTS)])
def test_a_mutant_is_killed(mutant):
    """The loop with this fault in it fails at least one case."""
    with loop_of(mutant) as loop:
        assert killed(loop, mutant["row"]), f"survives: {mutant['why']}"


def test_every_row_has_a_mutant():
    """Each row of the table is broken at least once, and each mutant says what it breaks."""
    assert {mutant["row"] for mutant in MUTANTS} == ROWS.keys()
    assert all(mutant["why"].endswith(".") for mutant in MUTANTS)


def test_a_mutant_whose_text_is_gone_is_reported():
    """A mutant that would change nothing is an error and not a success."""
    with pytest.raises(ValueError, match="stands 0 times"):
        broken({"row": "T01", "file": "start", "find": "no such text", "replace": ""})
