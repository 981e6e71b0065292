"""`timestep runs resume`: a run goes on in its store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from timestep.cli import exit_codes, options

if TYPE_CHECKING:
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
@click.argument("run", metavar="[RUN]", required=False)
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
    model: str | None,
    rules: str | None,
    max_turns: int | None,
    context: str | None,
    compat: str | None,
    stream: bool | None,
    output: str | None,
    force: bool,
    store: str | None,
    session: str,
    form: str,
    **_more: object,  # in the context
) -> int:
    """Go on with a run in its store.

    Each step is kept in the store before the next is begun. Calls that nobody has decided on are shown, and
    no model is asked.
    """
    from timestep.cli import decisions
    from timestep.cli.following import Wish, follow
    from timestep.cli.output import say
    from timestep.cli.run_verbs.deciding import user
    from timestep.cli.stops import again, refuse_output
    from timestep.cli.stored_endings import StoredEnding
    from timestep.cli.stored_runs import StoredRuns

    given = ctx.meta["timestep.ordered"]  # the decisions, in their order
    wanted = decisions.parse(given) if given else []
    options.refuse_compat(compat)
    if not wanted and (always or (by is not None and not ask)):
        raise click.UsageError("--always and --by say more about a decision, and none is given")
    refuse_output(output, force=force)
    runs = StoredRuns(store, session)
    found = runs.find(run).run
    kept = again(None, model, context, rules) + (("--conversation", conversation) if conversation is not None else ())
    decided: list[dict[str, Any]] = []
    ending = StoredEnding(
        verb="runs",
        target=target,
        save=output,
        force=force,
        again=(*kept, *runs.options),
        source=found,
        fields={"verb": "resume", "place": runs.place, "decided": decided},
        runs=runs,
    )
    wish = Wish(
        asked="ask" if ask else "none",
        form=form,
        stream=stream,
        session=conversation,
        model=model,
        rules=rules,
        max_turns=max_turns,
        context=context,
        more={"compat": compat, "state_store": runs.store},
    )

    def begin() -> RunState:
        """Give the state to go on with, when the agent is known to be there."""
        state = runs.taken(found) if take_over else runs.load(found)
        made = decisions.make(state, wanted, always=always, by=by or user()) if wanted else []
        decided.extend(one.fields() for one in made)
        for line in decisions.lines(made, err=True) if form == "text" else ():
            say(line, err=True)
        return state

    try:
        return follow(begin, ending, wish)
    finally:
        runs.release(found)
