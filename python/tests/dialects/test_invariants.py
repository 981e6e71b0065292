"""What the parts of a canonical document say of one another holds, or the document is refused at its place."""

import json
from pathlib import Path

import pytest

from timestep import Agent, run_agent
from timestep.errors import StateFormatError
from timestep.state import read, write
from timestep.testing import ScriptedModel

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"


def stored(name):
    """Return the canonical document of a state that an SDK saved, as values that may be changed."""
    data = (FIXTURES / "openai-agents-python" / "0.24.0" / f"{name}.undecided.json").read_bytes()
    return json.loads(write(read(data), "timestep").data)


@pytest.fixture
def document():
    """Return a run of seven entries: the input, and responses of two, one and one; outputs follow the first two."""
    return stored("many_turns")


def refused(document, requirement):
    """Return where a document is refused that breaks a requirement."""
    with pytest.raises(StateFormatError) as raised:
        read(json.dumps(document))
    assert (raised.value.code, raised.value.requirement) == ("state-inconsistent", requirement)
    return raised.value.pointer


@pytest.mark.parametrize("root", [True, False])
def test_an_imported_tree_has_the_id_of_its_file(document, root):
    """TS-STATE-003: the id follows from the digest in `origin`, and the root run has it too."""
    document["runs"][0]["id"] = document["id"] + "0"
    if not root:
        document["id"] = "imp_" + document["origin"]["sha256"][8:40]
    assert refused(document, "TS-STATE-003") == ("/runs/0/id" if root else "/id")


@pytest.mark.parametrize(
    "given",
    [
        {"form": "items", "from": 0, "to": 8},
        {"form": "items", "from": 1, "to": 0},
        {"form": "items", "from": 0, "to": 2},  # an entry of the model
        {"form": "text", "from": 0, "to": 0},
    ],
)
def test_the_input_is_a_range_of_the_log(document, given):
    """TS-STATE-011: it lies within the log, and has the entries that came as input."""
    document["runs"][0]["input"] = given
    assert refused(document, "TS-STATE-011") in {"/runs/0/input", "/runs/0/log/1/source"}


@pytest.mark.parametrize(
    ("view", "wrong"),
    [
        ([[0, 8]], 0),
        ([[0, 7], [7, 7]], 1),
        ([[0, 5], [5, 4]], 1),
        ([[0, 4], [3, 7]], 1),
        ([[3, 7], [0, 2], [5, 6]], 2),
    ],
)
def test_the_view_is_of_ranges_of_the_log_that_share_nothing(document, view, wrong):
    """TS-STATE-011: half-open, not empty, within the log, and no entry twice; the first wrong range is named."""
    document["runs"][0]["view"] = view
    assert refused(document, "TS-STATE-011") == f"/runs/0/view/{wrong}"


async def test_the_model_sees_the_items_in_the_order_of_the_view():
    """TS-STATE-011: which need not be that of the log; what is not in the view is not seen."""
    value, seen = stored("run_again"), []
    log = value["runs"][0]["log"]
    log.append({"source": "filter", "item": {"role": "user", "content": "In short?"}, "agent": "Mailer"})
    log.append({"source": "filter", "item": {"role": "user", "content": "Hidden."}, "agent": "Mailer"})
    value["runs"][0]["view"] = [[3, 4], [1, 3], [0, 1]]

    def answer(request):
        seen.extend(request.input)
        return "Done."

    result = await run_agent(Agent("Mailer", ScriptedModel([answer])), read(json.dumps(value)))
    assert result.final_output == "Done."
    assert seen == [log[seq]["item"] for seq in (3, 1, 2, 0)]


@pytest.mark.parametrize(
    ("number", "place"),
    [
        (1, {"from": 2, "to": 5}),  # an entry of the first response
        (1, {"from": 6, "to": 7}),  # the third response's, which then overlaps
        (0, {"from": 3, "to": 1}),
        (0, {"from": 0, "to": 3}),  # the input
        (2, {"from": 6, "to": 8}),
    ],
)
def test_responses_are_ranges_one_after_the_other(document, number, place):
    """TS-STATE-012: disjoint, ascending, within the log and behind the input."""
    document["runs"][0]["responses"][number] |= place
    assert refused(document, "TS-STATE-012") in {f"/runs/0/responses/{number}", f"/runs/0/responses/{number + 1}"}


@pytest.mark.parametrize(("seq", "source"), [(1, "filter"), (6, "tool"), (3, "model")])
def test_what_is_the_models_is_in_a_response(document, seq, source):
    """TS-STATE-012: an entry of a response has the source `model`, and no other entry has."""
    document["runs"][0]["log"][seq]["source"] = source
    assert refused(document, "TS-STATE-012") == f"/runs/0/log/{seq}/source"


@pytest.mark.parametrize("state", ["pending", "requested", "indeterminate", "approved"])
def test_a_finished_run_has_no_open_call(document, state):
    """TS-STATE-023: a document that says both is refused."""
    call = document["runs"][0]["calls"][-1]
    call["state"], document["runs"][0]["step"] = state, {"type": "finished", "output": "Done.", "seq": 6}
    document["requires"] = ["indeterminate"] if state == "indeterminate" else []
    assert refused(document, "TS-STATE-023") == "/runs/0/calls/2/state"
