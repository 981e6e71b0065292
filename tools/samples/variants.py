"""How a sample is run besides as it stands: with other words, other keys, or a model that fails."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import NamedTuple

from samples import probe
from samples.facts import Code, endings
from samples.mending import Sample
from samples.names import defined
from samples.prelude import VALUES, provide

_ADDRESS = re.compile(r"(?<=[\w.+-])@[\w.-]*\w")
_GUARDRAILS = ("InputGuardrail", "OutputGuardrail")


class Variant(NamedTuple):
    """One way to run a sample.

    Attributes:
        name: what is different; "" for the sample as it stands.
        sample: its code.
        epilogue: what runs after it.
        failing: models that answer with what is no answer.
        may_raise: names of the errors it may end with.
        environment: what is set in its environment besides; what is None is not set.
    """

    name: str
    sample: Sample
    epilogue: str = ""
    failing: frozenset[str] = frozenset()
    may_raise: frozenset[str] = frozenset()
    environment: tuple[tuple[str, str | None], ...] = ()


def plain(sample: Sample) -> Variant:
    """Return a sample as it stands.

    Guardrails that nothing in it uses are given to an agent that runs, and agents that never run ask its provider.
    """
    asking = probe.asking(sample)
    if asking:
        # So that OpenAI is asked at its own address.
        return Variant("", sample, asking, environment=(("OPENAI_BASE_URL", None),))
    return Variant("", sample._replace(prelude=sample.prelude + _needs(sample, _trial(sample))), _trial(sample))


def without(key: str) -> Callable[[Sample], Variant]:
    """Return what makes the variant of a sample that finds a key missing in its environment."""

    def keyless(sample: Sample) -> Variant:
        base = plain(sample)
        return base._replace(name=f"without {key}", environment=(*base.environment, (key, None)))

    return keyless


def saying(sample: Sample, text: str, error: str) -> Variant | None:
    """Return a sample in which the user first says something else, which may end it with an error."""
    code = Code(sample.tree)
    if code.inputs:
        source = _replaced(sample.source, code.inputs[0], text)
        return Variant(f"with {text!r}", sample._replace(source=source), may_raise=frozenset({error}))
    return None


def passing(sample: Sample) -> Variant | None:
    """Return a sample whose guardrail has no reason to interrupt: another address, or a condition that is false."""
    code = Code(sample.tree)
    domains = [end for function in code.passed_to("InputGuardrail") for end in endings(function) if end[:1] == "@"]
    for node in code.inputs:
        text = str(node.value)
        if domains and _ADDRESS.search(text):
            said = _ADDRESS.sub(domains[0], text)
            return Variant(f"with {said!r}", sample._replace(source=_replaced(sample.source, node, said)))
    if VALUES["some_condition"] in sample.prelude:
        base = plain(sample)
        prelude = base.sample.prelude.replace(VALUES["some_condition"], "some_condition = False")
        return base._replace(name="with some_condition = False", sample=base.sample._replace(prelude=prelude))
    return None


def reloading(sample: Sample) -> Variant | None:
    """Return a sample after which another store loads what it has saved."""
    owners = [call.func.value for call in Code(sample.tree).calls("save") if isinstance(call.func, ast.Attribute)]
    names = [owner.id for owner in owners if isinstance(owner, ast.Name)]
    known = defined(sample.source) | defined(sample.prelude)
    if not names or names[0] not in known:
        return None
    epilogue = (
        "from timestep import RunStateStore as Again\n"
        f"assert (await Again(session_id={names[0]}.session_id).load()).get_interruptions()\n"
    )
    return Variant("and loaded again", sample, epilogue=epilogue)


def failing(sample: Sample) -> Variant:
    """Return a sample in which the first agent's model answers with what is no answer, however often it is asked."""
    model = Code(sample.tree).models_named[0]
    return Variant(f"with {model} failing", sample, failing=frozenset({model}))


def failing_primary(sample: Sample) -> Variant:
    """Return a sample in which a model fails that has fallbacks."""
    model = next(iter(Code(sample.tree).fallbacks))
    return Variant(f"with {model} failing", sample, failing=frozenset({model}))


def failing_without(key: str) -> Callable[[Sample], Variant]:
    """Return what makes likewise the variant that finds a key missing too."""

    def keyless(sample: Sample) -> Variant:
        base = failing(sample)
        return base._replace(name=f"{base.name} and without {key}", environment=((key, None),))

    return keyless


def _trial(sample: Sample) -> str:
    """Return code that runs an agent with the guardrails of a sample that runs none."""
    code = Code(sample.tree)
    made = [
        target.id
        for node in sample.tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        for target in node.targets
        if isinstance(target, ast.Name) and getattr(node.value.func, "id", "") in _GUARDRAILS
    ]
    if not made or code.calls("run_agent"):
        return ""
    return (
        "get_weather.needs_approval = False\n"
        f'agent = Agent(model="gpt-4.1", tools=[get_weather], guardrails=[{", ".join(made)}])\n'
        "result = await run_agent(agent, input_items)\n"
    )


def _needs(sample: Sample, epilogue: str) -> str:
    """Return what an epilogue needs and the sample has not."""
    names = ["run_agent", "input_items", "get_weather", "Agent"] if epilogue else []
    code, _ = provide([name for name in names if name not in defined(sample.source) | defined(sample.prelude or "")])
    return "".join(f"{piece}\n" for piece in code)


def _replaced(source: str, node: ast.Constant, text: str) -> str:
    """Return code with another text in the place of a constant; what stands around it keeps its place."""
    lines = source.encode().splitlines(keepends=True)
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    after = lines[last][node.end_col_offset or 0 :]
    lines[first : last + 1] = [lines[first][: node.col_offset] + repr(text).encode() + after]
    return b"".join(lines).decode()
