"""What samples of workflows claim, asked of DBOS after they have run."""

from __future__ import annotations

import ast
from typing import cast

from samples.facts import Code
from samples.mending import Sample
from samples.process import Evidence
from samples.variants import Variant

# In a thread of its own, because a sample may have left an event loop or not.
_ASK = (
    "from dbos import DBOS as _DBOS\nfrom timestep import ensure_dbos_launched as _launched\n"
    "from timestep.workflows.apart import apart as _apart\n_launched()\n"
)


def asked_again(sample: Sample) -> Variant | None:
    """Return a sample after which another question is asked under the id of its workflow."""
    for node in sample.tree.body:
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Await) and _starts(node.value.value)):
            continue
        given = {each.arg: ast.unparse(each.value) for each in cast("ast.Call", node.value.value).keywords}
        if "workflow_id" in given:
            again = f"run_agent_workflow(agent={given['agent']}, input_items='?', workflow_id={given['workflow_id']})"
            result = ast.unparse(node.targets[0])
            epilogue = f"assert (await {again}).to_state().document == {result}.to_state().document\n"
            return Variant("and asked again", sample, epilogue=epilogue)
    return None


def limited(sample: Sample) -> Variant:
    """Return a sample after which DBOS is asked for the limit of its queue."""
    epilogue = (
        f"{_ASK}_limiter = _apart(lambda: _DBOS.retrieve_queue('timestep').limiter)\n"
        "assert _limiter == {'limit': 50, 'period': 60.0}\n"
    )
    return Variant("and its queue looked at", sample, epilogue=epilogue)


def scheduled(sample: Sample) -> Variant:
    """Return a sample after which DBOS is asked for its schedules."""
    calls = Code(sample.tree).calls("create_scheduled_agent_workflow")
    crontabs = [ast.unparse(each.value) for call in calls for each in call.keywords if each.arg == "crontab"]
    epilogue = f"{_ASK}assert [each['schedule'] for each in _apart(_DBOS.list_schedules)] == [{', '.join(crontabs)}]\n"
    return Variant("and its schedules looked at", sample, epilogue=epilogue)


def held(_: Code, evidence: Evidence) -> str | None:
    """The program ended well, with what stood behind it."""
    return None if evidence.status == 0 else "what was asked of DBOS after it does not hold"


def _starts(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) == "run_agent_workflow"
