"""Runs by the clock: `create_scheduled_agent_workflow`, before or after DBOS is launched."""

from __future__ import annotations

from typing import Any, cast
from zoneinfo import ZoneInfo

from timestep.errors import UserError
from timestep.interop import as_agent
from timestep.loop.config import MAX_TURNS
from timestep.types.base import JSON
from timestep.workflows.apart import Done, apart
from timestep.workflows.launching import configured
from timestep.workflows.orders import order_of
from timestep.workflows.process import QUEUE, Process
from timestep.workflows.registry import register_agent


def create_scheduled_agent_workflow(
    crontab: str,
    agent: Any,  # noqa: ANN401 - an Agent, or one of the package openai-agents
    input_items: Any,  # noqa: ANN401 - a text, or items
    session: Any = None,  # noqa: ANN401 - any session
    *,
    name: str | None = None,
    timezone: str | None = None,
    model_provider: Any = None,  # noqa: ANN401 - a provider or a model, of either package
    run_config: Any = None,  # noqa: ANN401 - a RunConfig, of either package
    context: JSON = None,
    max_turns: int | None = MAX_TURNS,
) -> Done:
    """Run an agent by the clock, each time in one process of all that share the database.

    A plain call, which may be awaited too, before DBOS is launched or after. The schedule is kept in the database under
    its name, and stays when the program ends. Times that pass while no process is there are left out.

    Args:
        crontab: five fields, such as "0 */6 * * *", or six with seconds first.
        agent: as `register_agent` takes it.
        input_items: what each run is given.
        session: keeps the conversation from run to run.
        name: what the schedule is called: by default as the agent. Another crontab of the same name takes its place.
        timezone: in which the fields are read, such as "Europe/Berlin"; UTC unless given.
        model_provider: as `register_agent` takes it.
        run_config: likewise.
        context: passed to tools, guardrails and hooks; plain JSON data.
        max_turns: turns after which a run is stopped; None is no bound.

    Raises:
        UserError: the crontab or timezone can't be read, or this process has another schedule of that name.
    """
    found = as_agent(agent).name
    process = configured()
    schedule = {
        "schedule_name": found if name is None else name,
        "schedule": _checked(crontab),
        "cron_timezone": _checked_zone(timezone),
        "context": order_of(found, input_items, session, context, max_turns),
        "queue_name": QUEUE,
    }
    register_agent(agent, model_provider=model_provider, run_config=run_config)
    known = process.schedules.setdefault(str(schedule["schedule_name"]), schedule)
    if known != schedule:
        raise UserError(
            f"this process has another schedule {schedule['schedule_name']!r}",
            code="schedule-registered",
            help='give each schedule a name of its own: create_scheduled_agent_workflow(..., name="...")',
            requirement="TS-DUR-070",
        )
    if process.launched:
        apply(process)
    return Done()


def apply(process: Process) -> None:
    """Have DBOS keep the schedules of this process; one of the same name has its place taken."""
    from dbos import DBOS

    if process.schedules:
        schedules: Any = [{**each, "workflow_fn": process.scheduled} for each in process.schedules.values()]
        apart(lambda: DBOS.apply_schedules(schedules))


def _checked(crontab: str) -> str:
    """Return a crontab that DBOS can read."""
    from croniter import croniter  # what DBOS reads it with

    if isinstance(cast("object", crontab), str) and croniter.is_valid(crontab, second_at_beginning=True):
        return crontab
    raise UserError(
        f"{crontab!r} is no crontab",
        code="schedule-crontab",
        help='give five fields, minute hour day month weekday, such as "0 */6 * * *"; a sixth before them is seconds',
        requirement="TS-DUR-070",
    )


def _checked_zone(timezone: str | None) -> str | None:
    try:
        return timezone and ZoneInfo(timezone).key
    except (KeyError, ValueError, OSError):
        raise UserError(
            f"{timezone!r} is no timezone that this machine knows",
            code="schedule-crontab",
            help='give a name such as "Europe/Berlin"',
            requirement="TS-DUR-070",
        ) from None
