"""`timestep models`: where the name of a model leads, and which models there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from timestep.cli import exit_codes, options

if TYPE_CHECKING:
    from timestep.cli.model_hosts import Offer

_EPILOG = """\b
Example:
  timestep models route ollama/gpt-oss:20b-cloud
  timestep models route acme/large --rules rules.json --format json
  timestep models list
  timestep models list --rules rules.json --offline
"""


@click.group("models", epilog=_EPILOG)
def command() -> None:
    """Tell where the name of a model leads, and list the models that can be asked.

    A name is PREFIX/MODEL, or MODEL alone for OpenAI's. The prefixes `openai` and `ollama` are built in; a rules file
    has others. OPENAI_BASE_URL and OLLAMA_HOST lead to other servers. Keys are named, and never shown.
    """


@command.command(
    "route",
    epilog="\b\nExample:\n  timestep models route ollama/llama3.2\n  timestep models route gpt-4.1 --format json\n",
)
@click.argument("name", metavar="NAME")
@options.rules
@options.output_format()
def route(*, name: str, rules: str | None, form: str) -> int:
    """Tell where the name of a model leads, and why; nobody is asked.

    Ends with 1 if it leads nowhere.
    """
    from timestep.cli import models, output
    from timestep.codec.strict_json import dumps

    found = models.routed(models.effective_rules(rules), name)
    if form == "json":
        click.echo(dumps(models.fields(found), indent=2))
    else:
        for line in models.lines(found):
            output.say(line)
    return exit_codes.OK


@command.command(
    "list", epilog="\b\nExample:\n  timestep models list\n  timestep models list --offline --format json\n"
)
@options.rules
@click.option("--offline", is_flag=True, help="Don't ask the hosts which models they offer.")
@options.output_format()
def list_models(*, rules: str | None, offline: bool, form: str) -> int:
    """List the hosts behind each prefix, and the models that each of them offers.

    A host whose key is not set is not asked, and one that can't be reached says so.
    """
    from timestep.cli import model_hosts, models, output
    from timestep.cli.progress import working

    known = models.effective_rules(rules)
    hosts = model_hosts.hosts(known)
    if offline:
        offers = [model_hosts.Offer(host) for host in hosts]
    else:
        with working(f"asking {len(hosts)} hosts for their models"):
            offers = model_hosts.ask(hosts)
    if form == "json":
        output.write_json(
            "models", {"default_model": known.default_model, "hosts": [_fields(offer) for offer in offers]}
        )
        return exit_codes.OK
    for offer in offers:
        _print(offer)
    output.say(f"an agent that names no model asks {output.one_line(known.default_model)}", err=True)
    return exit_codes.OK


def _fields(offer: Offer) -> dict[str, Any]:
    """Give a host as JSON output has it."""
    from timestep.cli.models import is_set

    resolved = offer.host.resolved
    told: dict[str, Any] = {
        "prefix": resolved.provider,
        "base_url": resolved.base_url,
        "wire_api": resolved.wire_api,
        "key": resolved.key,
        "key_set": resolved.key is not None and is_set(resolved.key),
    }
    return told | {
        name: value for name, value in (("models", offer.models), ("problem", offer.problem)) if value is not None
    }


def _print(offer: Offer) -> None:
    """Write for people."""
    from timestep.cli import models, output

    resolved = offer.host.resolved
    output.say(
        f"{output.paint(output.one_line(resolved.provider), 'cyan')}/  {output.one_line(resolved.base_url or '-')}  "
        f"{models.APIS[resolved.wire_api]}  key: {models.key_text(resolved.key)}"
    )
    if offer.problem is not None:
        output.say(f"  {output.paint(output.one_line(offer.problem), 'yellow')}")
    for name in offer.models or ():
        output.say(f"  {output.one_line(name)}")
