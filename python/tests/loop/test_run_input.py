"""What a model is sent of a run: remembered folds are those that a fresh conversion gives."""

from hypothesis import given, settings
from hypothesis import strategies as st

from timestep.errors import UserError
from timestep.loop.log import Log
from timestep.loop.run_input import RunInput, without_reasoning_id
from timestep.providers import chat_answer, chat_request, ollama_request, responses_request
from timestep.providers.protocol import folded
from timestep.types.state import Entry

FOLDS = {
    responses_request.ItemsForOpenAI: lambda fold: list(fold.written),
    responses_request.ItemsForOthers: lambda fold: list(fold.written),
    chat_answer.CallIds: lambda fold: set(fold.ids),
    chat_request.Conversation: chat_request.Conversation.messages,
    chat_request.ConversationAtOpenAI: chat_request.Conversation.messages,
    ollama_request.Conversation: ollama_request.Conversation.messages,
}
KINDS = ("user", "developer", "said", "thought", "call", "output", "hosted")


def item(kind, number):
    """Return an item of a kind."""
    return {
        "user": {"role": "user", "content": f"u{number}"},
        "developer": {"role": "developer", "content": f"d{number}"},
        "said": {"type": "message", "id": f"msg_{number}", "role": "assistant", "content": f"a{number}"},
        "thought": {"type": "reasoning", "id": f"rs_{number}", "summary": [{"type": "summary_text", "text": "t"}]},
        "call": {"type": "function_call", "call_id": f"c{number % 5}", "name": f"t{number}", "arguments": "{}"},
        "output": {"type": "function_call_output", "call_id": f"c{number % 5}", "output": f"o{number}"},
        "hosted": {"type": "web_search_call", "id": f"ws_{number}", "status": "completed"},
    }[kind]


@st.composite
def views(draw, length):
    """Draw ranges of a log, in their order: what a handoff filter or a compaction may leave."""
    cuts = sorted(draw(st.lists(st.integers(0, length), max_size=6)))
    return tuple((start, end) for start, end in zip(cuts[::2], cuts[1::2], strict=False) if start < end)


def shown_next(draw, view, length, grown):
    """Draw the view of the next turn: the last one and what is new, or quite another one."""
    how = draw(st.sampled_from(["on", "on", "cut", "since", "filtered"]))
    if how == "filtered":
        return draw(views(grown))
    if how == "cut" and view:  # one range ends earlier, all others stay
        place = draw(st.integers(0, len(view) - 1))
        start, end = view[place]
        return (*view[:place], (start, draw(st.integers(start, end))), *view[place + 1 :])
    if how == "since":  # a host keeps what came before
        return ((length, grown),) if grown > length else ()
    if grown == length:
        return view
    if view and view[-1][1] == length:
        return (*view[:-1], (view[-1][0], grown))
    return (*view, (length, grown))


def made(items, make):
    """Return what a fold makes of items, or how it refuses them."""
    try:
        return FOLDS[make](folded(items, make))
    except UserError as error:
        return str(error)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_what_is_remembered_is_what_a_fresh_conversion_gives(data):
    """Whatever a view leaves out, and however it changes, from turn to turn and from wire to wire."""
    folds, log, view = {}, Log[Entry](), ()
    shown = data.draw(st.sampled_from([None, without_reasoning_id]))
    for _ in range(data.draw(st.integers(1, 7))):
        kinds = data.draw(st.lists(st.sampled_from(KINDS[: data.draw(st.integers(5, len(KINDS)))]), max_size=4))
        length = len(log)
        log = log.extend([Entry(item=item(kind, length + at), source="input") for at, kind in enumerate(kinds)])
        view = shown_next(data.draw, view, length, len(log))
        sent = RunInput(log, view, folds, shown)
        fresh = [entry.item for start, end in view for entry in log[start:end]]
        fresh = fresh if shown is None else [shown(each) for each in fresh]
        assert (list(sent), len(sent)) == (fresh, len(fresh))
        for make in data.draw(st.sets(st.sampled_from(list(FOLDS)))):
            assert made(sent, make) == made(fresh, make)
