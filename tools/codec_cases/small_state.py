"""The run of the specification's first example as a message, written field by field as proto/timestep/v1 numbers them.

It is the same document as spec/schema/v1/examples/RunState/valid/parallel-one-executed.json.
"""

from __future__ import annotations

from codec_cases.wire import Value, message

#: What the last field of each binary run state is: `complete`.
END = message((999, 1))
_FORMAT, _VERSION = (1, "timestep.run-state"), (2, "1.0")


def _item(text: str) -> bytes:
    return message((1, text))


def _tool(name: str) -> bytes:
    return message((1, "function"), (3, name))


USAGE = message((1, 10), (2, 5), (3, 15), (4, 1))
CALL_2 = message(
    (1, "c2"), (2, 2), (3, 1), (4, _tool("send_email")), (5, 2), (6, 3),
    (8, "sha256:e6201705c034c3e17f2b2aeef061906f023476efdcbd31556b8b0c52f49f673e"),
)  # fmt: skip
ITEM_3 = '{"type":"function_call_output","call_id":"c1","output":"sunny"}'


def run(
    *,
    step: bytes = message((1, 5), (2, 1)),
    turn: bytes = message((1, 1), (2, 1)),
    limits: bytes = message((1, 10)),
    item_3: str | bytes = ITEM_3,
    call_2: bytes = CALL_2,
    done: bytes = message((1, 1)),
    more: tuple[tuple[int, Value], ...] = (),
) -> bytes:
    """Return the run, with one part or another in it."""
    told = item_3.encode() if isinstance(item_3, str) else item_3
    mail = (
        '{"type":"function_call","id":"fc_2","call_id":"c2","name":"send_email",'
        '"arguments":"{\\"to\\":\\"bob@example.com\\"}","status":"completed"}'
    )
    weather = (
        '{"type":"function_call","id":"fc_1","call_id":"c1","name":"get_weather",'
        '"arguments":"{\\"city\\":\\"Oslo\\"}","status":"completed"}'
    )
    first = '{"role":"user","content":"Weather, then mail Bob"}'
    return message(
        (1, "r1"),
        (2, "Assistant"),
        *(((3, step),) if step else ()),
        (4, turn),
        (5, limits),
        (6, message((1, 1), (3, 1))),
        (7, message((1, _item(first)), (2, 1))),
        (7, message((1, _item(weather)), (2, 2), (3, "Assistant"))),
        (7, message((1, _item(mail)), (2, 2), (3, "Assistant"))),
        (7, message((1, message((1, told)) if told else b""), (2, 3), (3, "Assistant"))),
        (8, message((2, 4))),
        (9, message((1, "Assistant"), (2, 1), (3, 3), (4, 1), (5, message((1, 10), (2, 5), (3, 15))), (6, "resp_1"))),
        (10, message(
            (1, "c1"), (2, 1), (3, 1), (4, _tool("get_weather")), (5, 7), (6, 1), (7, [3]),
            (8, "sha256:e7eb0a72f1a76c82fcd795cc0576846e4465ae0c493a48a414477fcda1d5ed06"),
        )),
        (10, call_2),
        (11, done),
        *more,
    )  # fmt: skip


def state(
    of: bytes | None = None,
    *,
    begin: tuple[tuple[int, Value], ...] = (_FORMAT, _VERSION, (4, "r1"), (5, 6)),
    more: bytes = b"",
    end: bytes = END,
) -> bytes:
    """Return the run state of a run; `more` stands before its end."""
    agent, context = message((1, "Assistant"), (2, "Assistant")), message((1, 1))
    middle = message((6, agent), (7, context), (8, USAGE), (10, run() if of is None else of))
    return message(*begin) + middle + more + end
