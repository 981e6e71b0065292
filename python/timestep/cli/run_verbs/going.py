"""`timestep runs resume`: a run goes on in its store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from timestep.cli import exit_codes, options

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from timestep.cli.decisions import Decision, Ordered
    from timestep.state import RunState

_EPILOG = f"""\b
Example:
  timestep runs resume --agent mail.py:mailer
  timestep runs resume run_1f2e --agent mail.py:mailer --approve call_1
  timestep runs resume run_1f2e --agent mail.py:mailer --store postgresql://ann@db/runs --take-over

RUN may be left out where the session has one unfinished run. The decisions that stand in a store count, as only those
who may write to it can have put them there. A run that somebody else holds is refused, with 1.

\b
Exit status:
{exit_codes.OF_RUNS}
"""


@click.command("resume", cls=options.OrderedCommand, epilog=_EPILOG)
@options.run
@click.option("--agent", "target", metavar="MODULE:AGENT", required=True, help="The agent that the run started with.")
@click.option("--take-over", is_flag=True, help="Take the run from whoever holds it; that process can go on no more.")
@options.decisions
@click.option("--ask", is_flag=True, help="Decide on the terminal, now and later in the run.")
@options.conversation("--conversation")
@options.going
@click.option("--compat", metavar="SDK", help="Go on by the rules of openai-agents-python or openai-agents-js.")
@options.streaming
@options.output
@options.stored
@click.pass_context
def resume(
    ctx: click.Context,
    *,
    run: str | None,
    target: str,
    take_over: bool,
    always: bool,
    by: str | None,
    ask: bool,
    conversation: str | None,
    compat: str | None,
    output: str | None,
    force: bool,
    store: str | None,
    session: str,
    **_more: object,  # in the context
) -> int:
    """Go on with a run in its store.

    Each step is kept in the store before the next is begun. Calls that nobody has decided on are shown, and no model is
    asked.
    """
    from timestep.cli.following import Wish, follow
    from timestep.cli.stops import again, refuse_output
    from timestep.cli.stored_endings import StoredEnding
    from timestep.cli.stored_runs import StoredRuns

    options.refuse_compat(compat)
    refuse_output(output, force=force)
    wished = {name: ctx.params[name] for name in ("form", "stream", "model", "rules", "max_turns", "context")}
    decide = _decider(ctx.meta["timestep.ordered"], always=always, by=by)
    runs = StoredRuns(store, session)
    found = runs.find(run).run
    kept = again(conversation, wished["model"], wished["context"], wished["rules"], named="--conversation")
    decided: list[dict[str, Any]] = []
    ending = StoredEnding(
        verb="runs",
        target=target,
        save=output,
        force=force,
        again=(*kept, *runs.options),
        fields={"verb": "resume", "place": runs.place, "decided": decided},
        runs=runs,
    )
    more = {"compat": compat, "state_store": runs.store}
    wish = Wish(asked="ask" if ask else "none", session=conversation, more=more, **wished)

    def begin() -> RunState:  # when the agent is known to be there
        state = runs.taken(found) if take_over else runs.load(found)
        decided.extend(_told(decide(state), wish.form))
        return state

    try:
        return follow(begin, ending, wish)
    finally:
        runs.release(found)


def _decider(given: Sequence[Ordered], *, always: bool, by: str | None) -> Callable[[RunState], list[Decision]]:
    """Return what makes the decisions of a command line, given in their order, on a state."""
    from timestep.cli import decisions
    from timestep.cli.run_verbs.deciding import user

    if not given and (always or by is not None):
        raise click.UsageError("--always and --by say more about a decision, and none is given")
    wanted = decisions.parse(given) if given else []
    return lambda state: decisions.make(state, wanted, always=always, by=by or user()) if wanted else []


def _told(made: list[Decision], form: str) -> list[dict[str, Any]]:
    """Say which decisions were made, and give them as JSON output has them."""
    from timestep.cli import decisions
    from timestep.cli.output import say

    for line in decisions.lines(made, err=True) if form == "text" else ():
        say(line, err=True)
    return [one.fields() for one in made]
