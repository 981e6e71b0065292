"""Agents under other keys: for targets whose code tells agents of one name apart in its own way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from timestep.dialects import ledger
from timestep.dialects.account import Account
from timestep.dialects.handoffs import told_agent
from timestep.types import state


def agents(document: state.Document, target: str, mapping: Mapping[str, str], account: Account) -> state.Document:
    """Give agents the target's identities; names shared by several agents need the operator's word (TS-STATE-006).

    `mapping` goes from agent keys in the document to identities in the target ("Name", or "Name#2").

    Raises:
        ConversionError: agents share a name and the mapping does not say which is which.
    """
    unknown = sorted(mapping.keys() - {agent.key for agent in document.agents})
    if unknown:
        account.refuse(f"agent {unknown[0]!r}", "the state has no agent of that key")
    shared = {agent.name for agent in document.agents if agent.key != agent.name}
    native = document.origin is not None and document.origin.dialect == target
    for agent in document.agents:
        if agent.name in shared and agent.key not in mapping and not native:
            account.refuse(
                f"agent {agent.key!r}",
                "several agents have this name, and each SDK numbers them in its own order",
                hint=f"say which is which, for each of them: --agent '{agent.key}={agent.name}#2'",
            )
    if not native:
        _refuse_hidden_namesakes(document, account)
    keys = {key: identity for key, identity in mapping.items() if key != identity}
    return _renamed(document, keys) if keys else document


def _refuse_hidden_namesakes(document: state.Document, account: Account) -> None:
    """Refuse a handoff from an agent to another one of its name where the file, an old one, has one key for both."""
    names = {agent.key: agent.name for agent in document.agents}
    single = {name for name, count in Counter(names.values()).items() if count == 1}
    for run in document.runs:
        for call in run.calls:
            owner = names.get(run.log[call.item].agent or run.agent)
            told = told_agent(run.log[call.outputs[0]].item) if call.role == "handoff" and call.outputs else None
            if told is not None and told == owner and owner in single:
                account.refuse(
                    f"agent {owner!r}", "it handed off to another agent of its name, and the file has one key for both"
                )


def _renamed(document: state.Document, keys: Mapping[str, str]) -> state.Document:
    def new(key: str) -> str:
        return keys.get(key, key)

    runs = [renamed_run(run, keys) for run in document.runs]
    return replace(
        document,
        agents=[replace(agent, key=new(agent.key)) for agent in document.agents],
        approvals=[rebound(replace(approval, agent=new(approval.agent)), runs) for approval in document.approvals],
        runs=runs,
    )


def rebound(approval: state.Approval, runs: Iterable[state.Run]) -> state.Approval:
    """Return an exact decision with the digest that its call has now: the agent's key is part of it (TS-CORE-022)."""
    found = (call for run in runs if run.id == approval.run for call in run.calls if call.item == approval.item)
    call = next(found, None)
    return approval if call is None or approval.digest is None else replace(approval, digest=call.digest)


def renamed_run(run: state.Run, keys: Mapping[str, str]) -> state.Run:
    """Return a run in which agents have other keys."""

    def new(key: str | None) -> str | None:
        return keys.get(key, key) if key is not None else None

    results = [replace(result, agent=new(result.agent)) for result in run.guardrails.results]
    log = [replace(entry, agent=new(entry.agent)) for entry in run.log]
    return replace(
        run,
        agent=keys.get(run.agent, run.agent),
        step=replace(run.step, to=new(run.step.to)),
        log=log,
        calls=[replace(call, digest=ledger.digest_of(run.id, log[call.item], call)) for call in run.calls],
        responses=[replace(response, agent=keys.get(response.agent, response.agent)) for response in run.responses],
        guardrails=replace(run.guardrails, results=results),
        identities={keys.get(key, key): name for key, name in run.identities.items()},
        tool_use={keys.get(key, key): tools for key, tools in run.tool_use.items()},
    )
