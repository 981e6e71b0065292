"""Options that several verbs share."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

import click

if TYPE_CHECKING:
    from datetime import timedelta

    from click.shell_completion import CompletionItem

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Decorator = Callable[[_Function], _Function]


_RULES = "Where the names of models lead: a rules document, as JSON."


def output_format(*more: str) -> Callable[[_Function], _Function]:
    """Add `--format`, with text and json and whatever else the verb can write."""
    choice = click.Choice(["text", "json", *more])
    return click.option("--format", "form", type=choice, default="text", show_default=True, help="How to report.")


def reading(function: _Function) -> _Function:
    """Add `--dialect` and `--assume`, which say what a file does not."""
    function = click.option(
        "--dialect", metavar="NAME", help="Family of session items that do not tell: openai-agents-python or -js."
    )(function)
    return click.option(
        "--assume", metavar="FLAG", multiple=True, help="Assert what the file does not prove; an error names the FLAG."
    )(function)


def output(function: _Function) -> _Function:
    """Add `-o` and `--force`."""
    function = click.option("--force", is_flag=True, help="Replace a file of that name.")(function)
    return click.option("-o", "--output", metavar="OUT", help="Where to write; `-` is stdout.")(function)


def single_output(ctx: click.Context, output: str | None, form: str) -> str:
    """Return where a verb that writes one file writes it, and refuse a report in its way."""
    if output is None:
        raise click.UsageError(f"{ctx.info_name} writes a file: say where with -o OUT, or -o - for stdout", ctx)
    if output == "-" and form == "json":
        raise click.UsageError("only one thing can go to stdout; give the file a name", ctx)
    return output


def key_file(function: _Function) -> _Function:
    """Add `--key-file` and `--tenant`: the seal of a file has to hold."""
    function = click.option("--tenant", metavar="NAME", help="Who the sealed state has to belong to.")(function)
    return click.option("--key-file", metavar="RING", help="FILE has to be sealed with a key of this file.")(function)


def run(function: _Function) -> _Function:
    """Add RUN, which may be left out; the shell completes it."""
    return click.argument("run", metavar="[RUN]", required=False, shell_complete=_run_ids)(function)


def calls(metavar: str) -> Callable[[_Function], _Function]:
    """Add the names of a run and of calls in it; the shell completes them."""
    return click.argument("names", metavar=metavar, nargs=-1, shell_complete=_calls)


def _run_ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from timestep.cli import completion

    return completion.run_ids(ctx, param, incomplete)


def _calls(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from timestep.cli import completion

    return completion.calls(ctx, param, incomplete)


def stored(function: _Function) -> _Function:
    """Add `--store`, `--session` and `--format`: which runs of which store."""
    function = output_format()(function)
    names = ("--session", "--store-session", "session")
    text = "The session whose runs are meant."
    function = click.option(*names, metavar="ID", default="default", show_default=True, help=text)(function)
    return click.option("--store", metavar="URL", help="A SQLite file or sqlite:///PATH, or postgresql://...")(function)


def kept(function: _Function) -> _Function:
    """Add `--store` and `--store-session`: the store that a run is kept in while it goes on."""
    function = click.option(
        "--store-session", metavar="ID", help="The store's session that the run belongs to.  [default: default]"
    )(function)
    text = "Keep each step in a store, for `timestep runs`: the default one, or a SQLite file or postgresql://..."
    return click.option("--store", is_flag=False, flag_value="", metavar="[URL]", help=text)(function)


def every_session(function: _Function) -> _Function:
    """Add `--every-session`."""
    return click.option("--every-session", is_flag=True, help="The runs of all sessions.")(function)


def age(text: str) -> timedelta | None:
    """Read an age such as 30m, 12h or 7d; None where a text is none."""
    from datetime import timedelta

    unit = {"m": "minutes", "h": "hours", "d": "days"}.get(text[-1:])
    number = text[:-1]
    return timedelta(**{unit: int(number)}) if unit and re.fullmatch("[0-9]{1,6}", number) else None


def fresh(function: _Function) -> _Function:
    """Add `--tree` and `--at-least`: which run a sealed state has to be of, and how new."""
    function = click.option(
        "--at-least", metavar="REVISION", type=click.IntRange(min=0), help="Refuse an older state of the run."
    )(function)
    return click.option("--tree", metavar="ID", help="The run that the sealed state has to be of.")(function)


def no_mask(function: _Function) -> _Function:
    """Add `--no-mask`."""
    return click.option("--no-mask", is_flag=True, help="Show what looks like a secret.")(function)


def settling(function: _Function) -> _Function:
    """Add `--retry`, `--output` and `--fail`: what became of a call that may have run."""
    function = click.option(
        "--fail", is_flag=False, flag_value="", metavar="[TEXT]", help="It has failed: tell the model so."
    )(function)
    function = click.option("--output", metavar="TEXT", help="It has run: this is its result.")(function)
    return click.option("--retry", is_flag=True, help="It has not run: run it.")(function)


class Settlement(NamedTuple):
    """What became of a call that may have run, and the text that the model is told of it."""

    how: Literal["retry", "output", "fail"]
    text: str | None = None


def settlement(*, retry: bool, output: str | None, fail: str | None) -> Settlement:
    """Read what the options of `settling` say, which has to be one thing."""
    said = [Settlement("retry")] if retry else []
    said += [Settlement("output", output)] if output is not None else []
    said += [Settlement("fail", fail or None)] if fail is not None else []
    if len(said) != 1:
        raise click.UsageError("say what became of the call: --retry, --output TEXT or --fail [TEXT]")
    return said[0]


def pairs(name: str, values: tuple[str, ...]) -> dict[str, str]:
    """Read the values of an option of the form LEFT=RIGHT."""
    found: dict[str, str] = {}
    for value in values:
        left, equals, right = value.partition("=")
        if not equals or not left or not right:
            raise click.UsageError(f"{name} takes LEFT=RIGHT; got {value!r}")
        if found.setdefault(left, right) != right:
            raise click.UsageError(f"{name} {left} is given twice, with {found[left]!r} and {right!r}")
    return found


def running(function: _Function) -> _Function:
    """Add the options of a verb that runs agents."""
    for option in reversed(_RUNNING):
        function = option(function)
    return function


def going(function: _Function) -> _Function:
    """Add the options of a verb that runs agents, but for the one that names the conversation."""
    for option in reversed(_RUNNING[1:]):
        function = option(function)
    return function


_CONVERSATION = "Keep the conversation: by id in SQLite, or in a .jsonl file."


def conversation(*names: str) -> Callable[[_Function], _Function]:
    """Add the option that names the conversation, under these names."""
    return click.option(*names, metavar="ID|FILE", help=_CONVERSATION)


_RUNNING: tuple[Callable[[Any], Any], ...] = (
    conversation("--session", "--conversation", "session"),
    click.option("--model", metavar="NAME", help="Ask this model, whatever the agents name."),
    click.option("--rules", metavar="FILE", help=_RULES),
    click.option("--max-turns", metavar="N", type=click.IntRange(min=1), help="How often the model may be asked."),
    click.option("--context", metavar="JSON|@FILE", help="The context that tools and guardrails are given."),
)


def refuse_compat(compat: str | None) -> None:
    """Refuse rules of an SDK that there are none of."""
    from timestep.loop.manifest import COMPATIBLE

    if compat is not None and compat not in COMPATIBLE:
        raise click.UsageError(f"--compat takes {' or '.join(COMPATIBLE)}; got {compat!r}")


def rules(function: _Function) -> _Function:
    """Add `--rules`, where models' names lead."""
    return click.option("--rules", metavar="FILE", help=_RULES)(function)


def streaming(function: _Function) -> _Function:
    """Add `--stream`."""
    return click.option(
        "--stream/--no-stream", default=None, help="Write the answer as it comes; on a terminal that is the default."
    )(function)


def asking(default: str | None, text: str) -> Callable[[_Function], _Function]:
    """Add `--approve`, who decides on calls that wait."""
    return click.option("--approve", type=click.Choice(["ask", "none", "all"]), default=default, help=text)


# Kept in the order of the command line: a message belongs to the rejection before it.
_ORDERED = ("approve", "reject", "message", "approve_all", "reject_all")


class OrderedCommand(click.Command):
    """A command that remembers in which order decisions were given; click itself keeps one list for each option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse twice: once for the order, once as click does."""
        if not ctx.resilient_parsing:
            values, _, order = self.make_parser(ctx).parse_args(args=list(args))
            ctx.meta["timestep.ordered"] = list(_in_order(values, [param.name or "" for param in order]))
        return super().parse_args(ctx, args)


def _in_order(values: dict[str, Any], names: list[str]) -> list[tuple[str, str]]:
    """Pair the options as given with their values."""
    queues = {name: iter(values[name]) for name in names if isinstance(values.get(name), list)}
    return [(name, next(queues[name]) if name in queues else "") for name in names if name in _ORDERED]


def decisions(function: _Function) -> _Function:
    """Add the options that decide on calls; `ctx.meta["timestep.ordered"]` has them in their order."""
    for option in reversed(_DECISIONS):
        function = option(function)
    return function


_DECISIONS: tuple[Callable[[Any], Any], ...] = (
    click.option("--approve", metavar="ID", multiple=True, help="Let this call run."),
    click.option("--reject", metavar="ID", multiple=True, help="Keep this call from running."),
    click.option("--message", metavar="TEXT", multiple=True, help="What the model is told of the --reject before it."),
    click.option("--approve-all", is_flag=True, help="Let all other calls that wait run."),
    click.option("--reject-all", is_flag=True, help="Keep all other calls that wait from running."),
    click.option("--always", is_flag=True, help="Decide on later calls of the same tools too."),
    click.option("--by", metavar="NAME", help="Who decides, for the record."),
)
