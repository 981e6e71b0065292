"""Checks of who was asked: each returns what is wrong, or None when the requests went where they had to."""

from __future__ import annotations

from collections.abc import Callable, Collection

from samples import hosts
from samples.destinations import Destination, destination
from samples.facts import Code
from samples.probe import question, record
from samples.process import Evidence
from samples.reading import text_of
from samples.server import Exchange

Check = Callable[[Code, Evidence], str | None]
_ALL = frozenset(hosts.KEYS)


def asked_of(exchange: Exchange) -> Destination:
    """Return who was asked in an exchange."""
    keys = exchange.sent.keys
    return Destination(exchange.sent.origin, str(exchange.sent.body.get("model")), keys[0] if keys else None)


def led(keys: Collection[str] = _ALL) -> Check:
    """Return a check that each agent's model was asked once, where its name leads with these keys, and is on record.

    Agents that a sample only makes are asked by `samples.probe`; inside the Agents SDK too, where it is imported.
    """

    def check(code: Code, evidence: Evidence) -> str | None:
        for agent, model in code.models.items():
            wanted = destination(code, model, keys)
            for in_sdk in (False, True) if "Runner" in code.imported else (False,):
                said = question(agent, in_sdk=in_sdk)
                found = [asked_of(each) for each in evidence.exchanges if said in _said(each)]
                told = evidence.stdout.partition(said)[2].partition("\n")[0]
                if wanted is not None and not wanted.origin:
                    fine = not found and "key-missing" in told and str(wanted.key) in told
                else:
                    recorded = record(found[0].model, found[0].origin) if found and not in_sdk else ""
                    fine = len(found) == 1 and wanted in {None, found[0]} and told.strip() == recorded
                if not fine:
                    return f"{model} of {agent} has to be {wanted}; asked were {_told(found)}{told}"
        return None

    return check


def fell_back(keys: Collection[str] = _ALL) -> Check:
    """Return a check that the second agent's model answered what the first one's could not, and was asked the same."""

    def check(code: Code, evidence: Evidence) -> str | None:
        first, second = code.models_named[:2]
        failed = [each for each in evidence.exchanges if not each.output]
        answered = [each for each in evidence.exchanges if each.output]
        if not failed or len(answered) != 1:
            return f"{len(failed)} questions failed, and {len(answered)} were answered"
        wanted = _unless_led(code, second, keys, evidence)
        if asked_of(answered[0]) != wanted:
            return f"{second} has to be {wanted}; asked was {asked_of(answered[0])}"
        asked = list({asked_of(each) for each in failed})
        if asked != [_unless_led(code, first, keys, evidence)]:
            return f"{first} had to fail; asked were {_told(asked)}"
        if _said(failed[0]) != _said(answered[0]):
            return f"{first} read {_said(failed[0])}, and {second} read {_said(answered[0])}"
        output = evidence.results[-1]["final_output"] if evidence.results else None
        return None if output == evidence.last else f"the run gave {output!r}, and {second} {evidence.last!r}"

    return check


def _unless_led(code: Code, model: str, keys: Collection[str], evidence: Evidence) -> Destination | None:
    """Return who is asked for a model when OPENAI_BASE_URL leads to the toy server."""
    wanted = destination(code, model, keys)
    is_openai = wanted is not None and wanted.origin == hosts.OPENAI
    return wanted._replace(origin=evidence.server) if wanted is not None and is_openai else wanted


def stood_in(code: Code, evidence: Evidence) -> str | None:
    """A model that has fallbacks failed, and the first of them answered."""
    (failing, (fallback, *_)), *_ = code.fallbacks.items()
    wanted = [_unless_led(code, name, _ALL, evidence) for name in (failing, fallback)]
    asked = list(dict.fromkeys(asked_of(each) for each in evidence.exchanges))
    if asked != wanted:
        return f"asked were {_told(asked)}"
    output = evidence.results[-1]["final_output"] if evidence.results else None
    return None if output == evidence.last else f"the run gave {output!r}, and {fallback} {evidence.last!r}"


def first_answered(code: Code, evidence: Evidence) -> str | None:
    """Nobody but the first agent's model was asked, and it answered."""
    asked = {asked_of(each).model for each in evidence.exchanges}
    return None if asked == {code.models_named[0]} and evidence.last else f"asked were {sorted(asked)}"


def _said(exchange: Exchange) -> list[str]:
    """Return what users have said, as a model read it."""
    return [text_of(item) for item in exchange.items if item.get("role") == "user"]


def _told(found: list[Destination]) -> str:
    return " and ".join(map(str, found)) or "nobody"
