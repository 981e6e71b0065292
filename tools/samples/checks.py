"""Checks of what samples did: each returns what is wrong, or None when what the page claims holds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from samples.facts import Code, looked_for, replacements
from samples.process import Evidence
from samples.reading import text_of
from samples.searches import FOUND

NAMED = re.compile(r"\bmy name is (\w+)", re.IGNORECASE)
"""How a user gives a name."""
Check = Callable[[Code, Evidence], str | None]


def paused_first(_: Code, evidence: Evidence) -> str | None:
    """The calls wait, and their tools have not run when the first of them does."""
    if not evidence.pauses:
        return "nothing waits for a decision"
    before = evidence.log[: next(i for i, note in enumerate(evidence.log) if note.get("interruptions"))]
    early = [note["name"] for note in before if note["kind"] == "called"]
    run = [call["tool"] for call in evidence.pauses if call["tool"] in early]
    return f"{run[0]} ran before anybody decided" if run else None


def passed(_: Code, evidence: Evidence) -> str | None:
    """Nothing waits, and the tool that was called ran."""
    if evidence.pauses:
        return "it waits for a decision"
    called = {name for exchange in evidence.exchanges for name in exchange.called}
    return None if called & set(evidence.called) else f"the tool did not run; called were {sorted(called)}"


def resumed(_: Code, evidence: Evidence) -> str | None:
    """Each call the model made has run once, and the last run has its output."""
    if not evidence.pauses and not evidence.called:
        return "nothing waited, and no tool ran"
    last = evidence.results[-1] if evidence.results else None
    if last is None or last["interruptions"] or last["final_output"] is None:
        return "the run has not ended after the approval"
    made = [name for exchange in evidence.exchanges for name in exchange.called]
    for tool in dict.fromkeys(call["tool"] for call in evidence.pauses):
        if evidence.called.count(tool) != made.count(tool):
            return f"{tool} was called {made.count(tool)} times, and ran {evidence.called.count(tool)} times"
    known = {
        item["call_id"]: item["name"]
        for exchange in evidence.exchanges
        for item in (*exchange.items, *exchange.output)
        if item.get("type") == "function_call"
    }
    names = list(known.values())
    again = [name for name in names if evidence.called.count(name) > names.count(name)]
    return f"{again[0]} ran more often than it was called" if again else None


def waited(_: Code, evidence: Evidence) -> str | None:
    """Some call waits for a decision."""
    return None if evidence.pauses else "nothing waits for a decision"


def by_predicate(code: Code, evidence: Evidence) -> str | None:
    """Exactly the calls that the predicate names wait."""
    sought = [text.lower() for function in code.set_as("needs_approval") for text in looked_for(function)]
    made = [
        item["arguments"]
        for exchange in evidence.exchanges
        for item in exchange.output
        if item["type"] == "function_call" and item["name"] in code.functions
    ]
    waited = {call["arguments"] for call in evidence.pauses}
    for arguments in made:
        named = any(text in arguments.lower() for text in sought)
        if named != (arguments in waited):
            return f"the call with {arguments} {'does not wait' if named else 'waits'}"
    return None if waited and set(made) - waited else "it takes a call that waits and one that does not to tell"


def handed_over(_: Code, evidence: Evidence) -> str | None:
    """The model took the handoff, and another agent was asked after it."""
    taken = [n for n, each in enumerate(evidence.exchanges) if any(_is_handoff(name) for name in each.called)]
    if not taken:
        return "no handoff was taken"
    before = evidence.exchanges[taken[0]].request.get("instructions")
    after = {each.request.get("instructions") for each in evidence.exchanges[taken[0] + 1 :]}
    return None if after - {before} else "no other agent was asked after the handoff"


def _is_handoff(name: str) -> bool:
    return name.startswith("transfer_to_")


def masked(code: Code, evidence: Evidence) -> str | None:
    """What a guardrail replaces never reaches the model, and what it puts there does."""
    sent = json.dumps([exchange.request for exchange in evidence.exchanges])
    for function in code.passed_to("OutputGuardrail"):
        for old, new in replacements(function):
            if old in sent:
                return f"the model was sent {old!r}"
            if new not in sent:
                return f"the model was not sent {new!r}"
    return None


def kept_in_file(code: Code, evidence: Evidence) -> str | None:
    """Each line is a JSON object, and together they hold what was said and answered; a turn that waits is not over."""
    if evidence.results and evidence.results[-1]["interruptions"]:
        return None
    kept = "\n".join(str(json.loads(line).get("content")) for line in evidence.lines)
    wanted = [*code.said[:1], *([evidence.last] if evidence.last else [])]
    return next((f"no line of the session's file holds {text!r}" for text in wanted if text not in kept), None)


def kept_by_host(code: Code, evidence: Evidence) -> str | None:
    """The conversation holds what was said, each thing once, and an output for each call."""
    texts = [text_of(item) for item in evidence.kept if item.get("role") == "user"]
    odd = [text for text in code.said if texts.count(text) != code.said.count(text)]
    if odd:
        return f"{odd[0]!r} stands {texts.count(odd[0])} times in the conversation"
    calls, outputs = (
        sorted(item["call_id"] for item in evidence.kept if item["type"] == kind)
        for kind in ("function_call", "function_call_output")
    )
    return None if calls == outputs else f"calls are {calls}, and outputs {outputs}"


def processed(_: Code, evidence: Evidence) -> str | None:
    """The processor gave a result with an output, or with calls that wait."""
    given = [note for note in evidence.noted("result") if note["final_output"] or note["interruptions"]]
    return None if given else "it gave no result"


def remembered(code: Code, evidence: Evidence) -> str | None:
    """The model, and the last result, know the name that was said before."""
    name = next(name for text in code.said for name in NAMED.findall(text))
    told = [json.dumps(result.get("messages")) for result in evidence.results]
    if name not in evidence.last:
        return f"the model does not know {name}: {evidence.last!r}"
    return None if told and name in told[-1] else f"the last result does not hold {name}"


def pieces_first(_: Code, evidence: Evidence) -> str | None:
    """The pieces come before the message, make it up, and were printed."""
    events = [note["event"] for note in evidence.noted("event")]
    kinds = [event.get("type") for event in events]
    if kinds.count("content_delta") < 2 or "message" not in kinds:
        return f"no pieces and a message: {kinds}"
    if "content_delta" in kinds[kinds.index("message") :]:
        return "a piece came after the message"
    text = "".join(event["content"] for event in events if event["type"] == "content_delta")
    message = events[kinds.index("message")]["content"]
    if not text == message == evidence.last:
        return f"the pieces are {text!r}, the message {message!r}, the answer {evidence.last!r}"
    return None if text in evidence.stdout else "the text was not printed"


def all_events(_: Code, evidence: Evidence) -> str | None:
    """The events hold the answer, and the result is whole after them."""
    events = [note["event"] for note in evidence.noted("event")]
    if not any(event.get("type") == "message" and event.get("content") == evidence.last for event in events):
        return "the events have no message with the answer"
    if not evidence.results or evidence.results[-1]["final_output"] != evidence.last:
        return "after the events, the result is not whole"
    return None


def printed(_: Code, evidence: Evidence) -> str | None:
    """The last output was printed; where all runs wait there is none."""
    outputs = [str(result["final_output"]) for result in evidence.results if result["final_output"] is not None]
    wanted = outputs[-1:] or ([] if evidence.pauses else [evidence.last or "an answer"])
    return next((f"{text!r} was not printed" for text in wanted if text not in evidence.stdout), None)


def offered(name: str) -> Check:
    """Return a check that the model was offered a tool."""

    def check(_: Code, evidence: Evidence) -> str | None:
        offered = [tool for exchange in evidence.exchanges for tool in exchange.offered]
        return None if name in offered else f"the model was offered {offered}"

    return check


def searched(host: str) -> Check:
    """Return a check that a host was asked to search, and that the model read what it found."""

    def check(_: Code, evidence: Evidence) -> str | None:
        asked = [sent.origin for sent in evidence.sent if sent.path.endswith("search")]
        if set(asked) != {host}:
            return f"asked to search were {asked}"
        read = [item for exchange in evidence.exchanges for item in exchange.items if "output" in item]
        return None if any(FOUND in str(item["output"]) for item in read) else "the model did not read what was found"

    return check


def saved(_: Code, evidence: Evidence) -> str | None:
    """Something waited, so that the load after it had something to find."""
    return None if evidence.pauses else "nothing waited, so that nothing was saved"
