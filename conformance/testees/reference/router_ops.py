"""Operations of the router: which model a name leads to."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from serving import operation
from timestep.providers import routing
from timestep.providers.routing_rules import environment_rules, read_rules


@operation
def route_model(args: dict[str, Any]) -> Any:
    """Say which model a name leads to."""
    rules = routing.RoutingRules()
    if "raw" in args or "rules" in args:
        rules = read_rules(args["raw"] if "raw" in args else json.dumps(args["rules"]))
    if "environ" in args:
        rules = environment_rules(args["environ"], rules)
    asked = routing.route_with_fallbacks if args.get("chain") else routing.route
    return msgspec.to_builtins(asked(rules, args["name"], args["keys"]))
