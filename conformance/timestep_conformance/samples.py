"""Values that readers of JSON stumble over, and chance over them."""

from __future__ import annotations

import random

from timestep_conformance.schemas import Json

#: Names of members that no schema knows: such of later versions, and such as languages take for their own.
NAMES = (
    "x_later", "note", "__proto__", "constructor", "prototype", "unknown", "start", "end", "self", "class", "from_",
    "", " ", "a/b", "m~n", "0", "ключ", "🦜", "\u2028", 'say "hi"', "back\\slash", "$ref", "null",
)  # fmt: skip
TEXTS = (
    "", "a", "Ann", "call_1", "Sunny in Oslo, 21 °C", " ", "0", "null", "1e5", 'say "hi"', "back\\slash", "line\nbreak",
    "\t\r\x00\x01\x7f", "line\u2028and\u2029paragraph", "e\u0301 is not é", "漢字", "🦜 and 𐍈", "\ufeffbom", "\uffff",
    "__proto__", "</script>", '{"city":"Oslo"}', "{", "2026-11-20T09:30:00Z", "x" * 300,
)  # fmt: skip
INTEGERS = (0, 1, 2, 3, 7, 10, 255, 65536, 2**31, 2**53 - 1)
#: Integers that doubles don't hold, and numbers whose spelling differs between writers.
NUMBERS = (
    -1, 2**53, 2**53 + 1, 2**63, 2**64 + 1, -(2**63), 10**30, 0.1, -0.5, 1e-7, 1.5, 3.141592653589793, 1e21, 5e-324,
    1.7976931348623157e308, 0.30000000000000004, 123456789.125,
)  # fmt: skip


def any_json(rng: random.Random, depth: int) -> Json:
    """Make any JSON value, nested to a depth."""
    kind = rng.random()
    if kind < 0.25:
        return rng.choice(TEXTS)
    if kind < 0.45:
        return rng.choice(INTEGERS)
    if kind < 0.6:
        return rng.choice(NUMBERS)
    if kind < 0.75 or depth <= 0:
        return rng.choice((None, True, False, [], {}))
    if kind < 0.87:
        return [any_json(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {rng.choice(NAMES + TEXTS[:8]): any_json(rng, depth - 1) for _ in range(rng.randrange(4))}
