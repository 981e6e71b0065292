"""What pages claim, as a table: what code makes the claim, how it is run for it, and how it is checked.

No claim knows a page. `uses` reads the code, `variant` says how to run it, `check` returns what is wrong.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import NamedTuple

from samples import asking, checks, hosts, probe, variants, workflows
from samples.checks import Check
from samples.facts import Code, looked_for, raises, replacements
from samples.mending import Sample
from samples.process import Evidence
from samples.variants import Variant

_ASKED = re.compile(r"\bmy name\?", re.IGNORECASE)


_OLLAMA = "OLLAMA_API_KEY"
_SEARCH = "web_search"
_WITHOUT = frozenset(hosts.KEYS) - {_OLLAMA}


class Claim(NamedTuple):
    """A claim.

    Attributes:
        says: the claim in words.
        uses: whether a sample makes it.
        check: what is wrong with what it did; None when the claim holds.
        variant: how the sample is run for it; None where it can't be.
    """

    says: str
    uses: Callable[[Code], bool]
    check: Check
    variant: Callable[[Sample], Variant | None] = variants.plain


def claims_of(sample: Sample) -> list[Claim]:
    """Return the claims that a sample makes."""
    code = Code(sample.tree)
    return [claim for claim in CLAIMS if claim.uses(code)]


def _interrupts(code: Code) -> bool:
    return any(raises(function, "GuardrailInterrupt") for function in code.passed_to("InputGuardrail"))


def _prints_answer(code: Code) -> bool:
    return any(each in code.printed for each in (".final_output", "['messages']", "['final_output']"))


def _goes_on(code: Code) -> bool:
    """Tell whether some run is given more than a text, such as a state to go on with."""
    return any(not isinstance(call.args[1], ast.Constant) for call in code.calls("run_agent") if len(call.args) > 1)


def _has_another(code: Code) -> bool:
    """Tell whether another agent runs when the model of the first one fails."""
    fails = "ModelBehaviorError" in code.imported and len(code.calls("run_agent")) > 1
    return fails and len(code.models_named) > 1


def _leads(code: Code) -> bool:
    return probe.is_needed(code)


def _searches(code: Code) -> bool:
    return _SEARCH in code.imported and bool(code.calls("run_agent"))


def _offers(code: Code) -> bool:
    given = [argument for call in code.calls("HostedTool") for argument in call.args]
    hosted = any(isinstance(argument, ast.Constant) and argument.value == _SEARCH for argument in given)
    return bool(code.calls("run_agent")) and (_SEARCH in code.imported or hosted)


def _saves_only(code: Code) -> bool:
    return "save" in code.attributes and "load" not in code.attributes


def _tripping(decorator: str, error: str) -> Claim:
    def variant(sample: Sample) -> Variant | None:
        code = Code(sample.tree)
        if error in code.imported:  # it says itself what trips
            return variants.plain(sample)
        sought = [text for function in code.decorated(decorator) for text in looked_for(function)]
        return variants.saying(sample, f"Is this {sought[0]}?", error) if sought else None

    def check(_: Code, evidence: Evidence) -> str | None:
        raised = [note["type"] for note in evidence.noted("raised")]
        return None if error in raised else f"{error} was not raised, but {raised}"

    return Claim(
        f"what the @{decorator} looks for trips it", lambda code: bool(code.decorated(decorator)), check, variant
    )


CLAIMS = (
    Claim("a guardrail's interrupt pauses the run before the tool", _interrupts, checks.paused_first),
    Claim("what the guardrail lets pass is not paused", _interrupts, checks.passed, variants.passing),
    Claim(
        "the calls that need approval wait, the others do not",
        lambda code: bool(code.set_as("needs_approval")),
        checks.by_predicate,
    ),
    Claim(
        "a call waits for a decision",
        lambda code: "interruptions" in code.attributes and bool({"approve", "save"} & code.attributes),
        checks.waited,
    ),
    Claim(
        "what was approved runs, and the run ends",
        lambda code: "approve" in code.attributes and _goes_on(code),
        checks.resumed,
    ),
    Claim("a yes on the terminal lets the call run", lambda code: "request_approval" in code.imported, checks.passed),
    Claim("another process finds what was saved", _saves_only, checks.saved, variants.reloading),
    Claim("another agent takes over", lambda code: "handoffs" in code.options("Agent"), checks.handed_over),
    Claim(
        "what the guardrail masks never reaches the model",
        lambda code: any(replacements(function) for function in code.passed_to("OutputGuardrail")),
        checks.masked,
    ),
    Claim(
        "the session remembers the name",
        lambda code: any(map(checks.NAMED.search, code.said)) and any(map(_ASKED.search, code.said)),
        checks.remembered,
    ),
    Claim(
        "the conversation stands in the session's file",
        lambda code: bool(code.calls("FileSession") and code.calls("run_agent")),
        checks.kept_in_file,
    ),
    Claim(
        "the conversation stands on the server",
        lambda code: bool(code.calls("OpenAIConversationsSession") and code.calls("run_agent")),
        checks.kept_by_host,
    ),
    Claim(
        "the processor gives the result",
        lambda code: bool(code.calls("default_result_processor")),
        checks.processed,
    ),
    Claim("the pieces come before the message", lambda code: "content_delta" in code.strings, checks.pieces_first),
    Claim(
        "all events come, and the result is whole", lambda code: "stream_events" in code.attributes, checks.all_events
    ),
    Claim("the answer is printed", _prints_answer, checks.printed),
    Claim(
        "a failing model leads to the other one",
        _has_another,
        asking.fell_back(),
        variants.failing,
    ),
    Claim(
        "without a key of its own, the other one is asked all the same",
        lambda code: _has_another(code) and code.models_named[1].startswith("ollama/"),
        asking.fell_back(_WITHOUT),
        variants.failing_without(_OLLAMA),
    ),
    Claim("a model that answers is the only one asked", _has_another, asking.first_answered),
    Claim(
        "a fallback answers in the place of its model",
        lambda code: bool(code.fallbacks and code.calls("run_agent")),
        asking.stood_in,
        variants.failing_primary,
    ),
    Claim("each model is asked where its name leads, with the key of that place alone", _leads, asking.led()),
    Claim(
        "without a key of Ollama, each model is asked where its name leads then",
        _leads,
        asking.led(_WITHOUT),
        variants.without(_OLLAMA),
    ),
    Claim("the model is offered web search", _offers, checks.offered(_SEARCH)),
    Claim("what a search finds is read by the model", _searches, checks.searched(hosts.FIRECRAWL)),
    Claim(
        "without a key of Firecrawl, Ollama Cloud is asked to search",
        _searches,
        checks.searched(hosts.OLLAMA_CLOUD),
        variants.without("FIRECRAWL_API_KEY"),
    ),
    Claim(
        "the same workflow_id is the same run",
        lambda code: "workflow_id" in code.options("run_agent_workflow"),
        workflows.held,
        workflows.asked_again,
    ),
    Claim(
        "the queue starts 50 runs in 60 seconds",
        lambda code: bool(code.calls("queue_agent_workflow")),
        workflows.held,
        workflows.limited,
    ),
    Claim(
        "the schedule is kept",
        lambda code: bool(code.calls("create_scheduled_agent_workflow")),
        workflows.held,
        workflows.scheduled,
    ),
    _tripping("input_guardrail", "InputGuardrailTripwireTriggered"),
    _tripping("output_guardrail", "OutputGuardrailTripwireTriggered"),
)
