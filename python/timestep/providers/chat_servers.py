"""What some servers and models want to see of a conversation beyond the Chat Completions API as OpenAI has it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast
from urllib.parse import urlsplit

from timestep.codec.digest import sha256_of
from timestep.providers.chat_request import Conversation, Fragment, fragment_of
from timestep.providers.json_form import encoded, member
from timestep.types.base import JSON, Item
from timestep.types.items import type_of

_SHORT_ID = re.compile(r"[A-Za-z0-9]{9}")


class ConversationWithThoughts(Conversation):
    """The same for models of DeepSeek and Moonshot, which want to see again what they thought before they called.

    Their own hosts refuse a call without it, be it empty (https://api-docs.deepseek.com/guides/thinking_mode); others
    may refuse the member.
    """

    own_host = False

    def _fragment(self, item: Item) -> Fragment:
        if type_of(item) != "reasoning":
            return fragment_of(item)
        text = _thought(item)
        return Fragment("thought", encoded(text)[1:-1]) if text else Fragment("nothing")

    def _answer(self) -> bytes:
        answer = super()._answer()
        if not self._calls or not (self._thoughts or self.own_host):
            return answer
        return b'%b,"reasoning_content":"%b"}' % (answer[:-1], rb"\n\n".join(self._thoughts))


class ConversationAtDeepSeek(ConversationWithThoughts):
    """The same at the hosts of their makers."""

    own_host = True


class ConversationWithSignatures(Conversation):
    """The same for Gemini models, which refuse a call of their own that comes back without its signature."""

    def _fragment(self, item: Item) -> Fragment:
        fragment = fragment_of(item)
        signature = member(item.get("provider_data"), "thought_signature")
        if fragment.kind != "call" or not isinstance(signature, str):
            return fragment
        extra = encoded({"google": {"thought_signature": signature}})
        return fragment._replace(data=b'%b,"extra_content":%b}' % (fragment.data[:-1], extra))


class ConversationWithShortIds(Conversation):
    """The same for Mistral's models, which refuse a call whose id is not nine letters or digits."""

    def _fragment(self, item: Item) -> Fragment:
        call_id = item.get("call_id")
        if isinstance(call_id, str) and not _SHORT_ID.fullmatch(call_id):
            item = {**item, "call_id": sha256_of(call_id.encode()).removeprefix("sha256:")[:9]}
        return fragment_of(item)


class ConversationAtMistral(ConversationWithShortIds):
    """The same at Mistral's own host."""

    counts_unasked = True


class ConversationAtOpenRouter(Conversation):
    """The same for OpenRouter, which wants to see again what a model thought before it called, as it was sent.

    Some models refuse their calls without (https://openrouter.ai/docs/guides/best-practices/reasoning-tokens).
    """

    def _fragment(self, item: Item) -> Fragment:
        details = member(item.get("provider_data"), "reasoning_details")
        if isinstance(details, list) and details:
            self._thoughts.append(encoded(cast("JSON", details))[1:-1])
        return fragment_of(item)

    def _answer(self) -> bytes:
        answer = super()._answer()
        if not self._thoughts:
            return answer
        return b'%b,"reasoning_details":[%b]}' % (answer[:-1], b",".join(self._thoughts))


# What stands in the address of the server, or in the name of a model; the first that fits counts.  Groq refuses members
# that it does not know, whosever model it serves.
_KINDS: Sequence[tuple[type[Conversation], tuple[str, ...]]] = (
    (Conversation, ("groq.com ",)),
    (ConversationAtOpenRouter, ("openrouter.ai ",)),
    (ConversationAtDeepSeek, ("deepseek.com ", "moonshot.ai ", "moonshot.cn ")),
    (ConversationWithThoughts, ("deepseek", "kimi")),
    (ConversationWithSignatures, ("gemini", "googleapis.com ")),
    (ConversationAtMistral, ("mistral.ai ",)),
    (ConversationWithShortIds, ("mistral", "mixtral", "ministral", "devstral", "codestral", "magistral", "pixtral")),
)


def conversation_at(base_url: str | None, model: str) -> type[Conversation]:
    """Return what makes messages of items for a server and a model.

    Example:
        >>> conversation_at("https://api.mistral.ai/v1", "devstral-small").__name__
        'ConversationAtMistral'
    """
    server = f"{urlsplit(base_url or '').hostname} {model}".lower()
    return next((kind for kind, names in _KINDS if any(name in server for name in names)), Conversation)


def _thought(item: Item) -> str:
    """Return what a model thought, which the openai-agents package keeps as its summary.

    A summary beside what is encrypted is OpenAI's, and another model's thought.
    """
    for name in ("content", "summary") if not item.get("encrypted_content") else ("content",):
        parts = item.get(name)
        texts = [member(part, "text") for part in cast("list[JSON]", parts)] if isinstance(parts, list) else []
        if any(texts):
            return "\n\n".join(text for text in texts if isinstance(text, str) and text)
    return ""
