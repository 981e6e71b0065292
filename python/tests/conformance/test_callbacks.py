"""What the reference asks of the suite while it carries a run on: numbered, and answered in any order."""

import json
import subprocess

import pytest

AGENTS = [{"name": "Clerk", "tools": [{"name": "pay"}, {"name": "look"}]}]
ASKED = {"id": 1, "op": "run", "args": {"run": "r1", "agents": AGENTS, "input": "Please."}}
VALIDATED = {"id": 2, "op": "validate", "args": {"state": {"text": "{"}}}


@pytest.fixture
def talk(reference):
    """Return what sends frames to the reference and reads its next ones; it is ended at last."""
    testee = subprocess.Popen(reference, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def sent(*frames, read=1):
        testee.stdin.write(b"".join(json.dumps(frame).encode() + b"\n" for frame in frames))
        testee.stdin.flush()
        return [json.loads(testee.stdout.readline()) for _ in range(read)]

    sent.process = testee
    yield sent
    testee.stdin.close()
    try:
        testee.wait(5)
    finally:
        testee.kill()
        testee.stdout.close()


def calls(*names):
    """Return an answer of a model that calls tools."""
    items = [
        {"type": "function_call", "call_id": f"c{number}", "name": name, "arguments": "{}"}
        for number, name in enumerate(names)
    ]
    return {"output": items}


def says(text):
    """Return an answer of a model in words."""
    return {"output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}]}


def test_answers_come_in_any_order(talk):
    """TS-CONF-021: two tools are asked for at once, and each has the answer to its number, which none had before."""
    (model,) = talk(ASKED)
    tools = talk({"call": model["call"], "ok": calls("pay", "look")}, read=2)
    numbers = {each["args"]["tool"][2]: each["call"] for each in tools}
    (again,) = talk(
        {"call": numbers["look"], "ok": {"output": "seen"}}, {"call": numbers["pay"], "ok": {"output": "paid"}}
    )
    outputs = {item["call_id"]: item["output"] for item in again["args"]["input"] if "output" in item}
    assert outputs == {"c0": "paid", "c1": "seen"}
    (done,) = talk({"call": again["call"], "ok": says("Done.")})
    assert (done["id"], done["ok"]["output"]) == (1, "Done.")
    (second,) = talk({**ASKED, "id": 3})
    assert len({model["call"], *numbers.values(), again["call"], second["call"]}) == 5


def test_an_answer_that_nobody_waits_for_any_more_changes_nothing(talk):
    """TS-CONF-002, TS-CONF-005: the model's answer comes when a guardrail has stopped the run, and then a request."""
    agents = [{"name": "Clerk", "input_guardrails": [{"name": "polite", "parallel": True}]}]
    asked = {call["do"]: call["call"] for call in talk({**ASKED, "args": {**ASKED["args"], "agents": agents}}, read=2)}
    (stopped,) = talk({"call": asked["guardrail"], "ok": {"answer": "trip"}})
    assert stopped["ok"]["code"] == "input-tripwire"
    (found,) = talk({"call": asked["model"], "ok": says("Late.")}, VALIDATED)
    assert (found["id"], found["err"]["code"]) == (2, "json-truncated")


def test_it_ends_when_nobody_is_there_to_answer(talk):
    """TS-CONF-004: it does not wait for an answer that can't come, nor go on without it."""
    talk(ASKED)
    talk.process.stdin.close()
    assert talk.process.wait(5) == 0
    assert talk.process.stdout.read() == b""


def test_what_was_sent_before_the_end_is_answered(reference):
    """TS-CONF-004: requests that are there already are served, each with its answer."""
    lines = b"".join(json.dumps({**VALIDATED, "id": number}).encode() + b"\n" for number in range(3))
    done = subprocess.run(reference, input=lines, capture_output=True, timeout=5, check=True)
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [0, 1, 2]
