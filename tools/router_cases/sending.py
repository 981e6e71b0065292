"""Cases of what a question carries, where it goes, and who is told to have answered (routing.md)."""

from __future__ import annotations

from router_cases.client import (
    CHAT,
    HI,
    JSON,
    RESPONSES,
    Asked,
    answer,
    chain,
    provider,
    question,
    refused,
    response,
    said,
    to,
)

_SENT_KEY = "one-secret-key-of-some-length"
_KEYED = {"providers": {"one": {**provider("one"), "key": "ONE_KEY"}, "two": provider("two")}}
_BEARER = {"authorization": f"Bearer {_SENT_KEY}"}
_GONE = refused(404)
_IMAGE = {"role": "user", "content": [{"type": "input_image", "file_id": "file_1"}]}
_RECORD = {"provider": "one", "model": "m", "name": "one/m", "base_url": "{one}/v1", "wire_api": "chat_completions"}


def _keys() -> list[Asked]:
    return [
        Asked(
            name="key-sent",
            title="The key that a provider names is sent to its address",
            rules=[10],
            servers={"one": [answer()]},
            requests=[to("one", headers=_BEARER, body={"model": "m", "messages": HI})],
            args=question(rules=_KEYED, keys={"ONE_KEY": _SENT_KEY}),
            ok=said(),
        ),
        Asked(
            name="key-not-sent-to-the-next",
            title="The key of one address is not sent to another, nor is the one of OpenAI",
            rules=[10],
            servers={"one": [_GONE], "two": [answer()]},
            requests=[to("one", headers=_BEARER), to("two", without=["authorization"])],
            args=chain(
                "one/m",
                "two/m",
                rules={**_KEYED, "fallbacks": {"one/m": ["two/m"]}},
                keys={"ONE_KEY": _SENT_KEY, "OPENAI_API_KEY": "sk-of-openai-0123456789"},
            ),
            ok=said(),
        ),
        Asked(
            name="key-not-there",
            title="A key that is named and not there is missed before anything is sent",
            rules=[34],
            servers={"one": [answer()]},
            requests=[],
            args=question(rules=_KEYED),
            err="key-missing",
        ),
        Asked(
            name="attempts-of-one-key",
            title="The attempts of one question carry one idempotency key, and the next model's another",
            rules=[43],
            servers={"one": [refused(500), refused(500)], "two": [answer()]},
            requests=[to("one", key=1), to("one", key=1), to("two", key=2)],
            args=chain("one/m", "two/n", retry={"attempts": 2}),
            ok=said(),
        ),
        Asked(
            name="questions-of-other-keys",
            title="Another question carries another idempotency key, also where it asks the same",
            rules=[43],
            servers={"one": [answer()] * 3},
            requests=[to("one", key=1), to("one", key=2), to("one", key=3)],
            args=question(),
            ok=said(),
            then=[
                {"op": "ask_model", "args": {**question(), **more}, "expect": {"ok": said(), "match": "subset"}}
                for more in ({"key": "r1 2"}, {"input": [{"role": "user", "content": "Bye"}]})
            ],
        ),
    ]


def _headers() -> list[Asked]:
    header, query = {"x-tenant": "acme-secret-tenant"}, {"api-version": "2026-01"}
    added: JSON = {"headers": header, "query": query}
    sent: JSON = {"headers": header, "query": query}
    return [
        Asked(
            name="headers-of-the-caller",
            title="Headers and query members of the caller go to the model that was named",
            rules=[35],
            servers={"one": [answer()]},
            requests=[to("one", **sent)],
            args=question(**added),
            ok=said(),
        ),
        Asked(
            name="headers-for-one-origin",
            title="Headers and query members of the caller go to no other host",
            rules=[35],
            servers={"one": [_GONE, _GONE], "two": [_GONE]},
            requests=[to("one", **sent), to("two", without=["x-tenant"], query={}), to("one", **sent)],
            args=chain("one/m", "two/m", "one/n", **added),
            err="model-failed",
        ),
    ]


def _addresses() -> list[Asked]:
    public = {"kind": "openai", "base_url": "http://models.example:{one.port}/v1", "wire_api": "chat_completions"}
    found = [
        Asked(
            name=f"address-{name}",
            title=title,
            rules=[21],
            servers={"one": [answer()]},
            requests=[],
            args=question(rules={"providers": {"one": public}}, hosts={"models.example": addresses}),
            err="base-url",
        )
        for name, title, addresses in (
            ("of-this-machine", "A name that has to be public and leads to this machine is refused", ["127.0.0.1"]),
            (
                "of-two-networks",
                "A name is refused unless each of its addresses is public",
                ["127.0.0.1", "8.8.8.8"],
            ),
            ("mapped", "An address of this machine in another form is none that is public", ["::ffff:127.0.0.1"]),
        )
    ]
    for status in (301, 302, 303, 307, 308):
        reply = {**refused(status), "headers": {"location": "{two}/v1/chat/completions"}}
        found.append(
            Asked(
                name=f"redirect-{status}",
                title=f"A redirect with status {status} is not followed",
                rules=[22],
                servers={"one": [reply] * 3, "two": [answer()]},
                requests=[to("one")],
                args=question(retry={"attempts": 1}),
                err="model-failed",
            )
        )
    return found


def _record() -> list[Asked]:
    second = {**_RECORD, "provider": "two", "name": "two/n", "model": "n", "base_url": "{two}/v1"}
    query: JSON = {"query": {"api-version": "2026-01"}}
    responses = {"providers": {"one": provider("one", "responses")}}
    return [
        Asked(
            name="answered-by",
            title="Who has answered is recorded: provider, names, address, API, and the name that is reported",
            rules=[50, 51],
            servers={"one": [answer(model="m-2026-11")]},
            requests=[to("one", CHAT)],
            args=question(**query),
            ok={**said(), "answered_by": {**_RECORD, "reported": "m-2026-11"}},
        ),
        Asked(
            name="answered-by-the-next",
            title="The model that has answered is recorded, and not the one that was named",
            rules=[50],
            servers={"one": [_GONE], "two": [answer(model="n-2026")]},
            requests=[to("one"), to("two")],
            args=chain("one/m", "two/n"),
            ok={**said(), "answered_by": {**second, "reported": "n-2026"}},
        ),
        Asked(
            name="answered-by-another-api",
            title="The API that has answered is recorded",
            rules=[50],
            servers={"one": [response(model="m-2026-11")]},
            requests=[to("one", RESPONSES)],
            args=question(rules=responses),
            ok={**said(), "answered_by": {**_RECORD, "wire_api": "responses", "reported": "m-2026-11"}},
        ),
    ]


def _no_place() -> list[Asked]:
    found = [
        Asked(
            name=f"no-place-for-{name}",
            title=f"{title}, and no other model is asked",
            rules=[32, 60],
            servers={"one": [answer()], "two": [answer()]},
            requests=[],
            args={**chain("one/m", "two/m"), **more},
            err=code,
        )
        for name, title, more, code in (
            ("a-setting", "A setting that an API has no place for is refused", {"settings": {"truncation": "auto"}},
             "model-setting"),
            ("a-tool", "A tool that an API has no place for is refused", {"tools": [{"type": "web_search"}]},
             "model-setting"),
            ("an-item", "An item that an API has no place for is refused", {"input": [_IMAGE]}, "model-input"),
            ("a-conversation", "A conversation that an API does not keep is refused", {"conversation": "conv_1"},
             "model-setting"),
        )
    ]  # fmt: skip
    return [
        *found,
        Asked(
            name="setting-sent",
            title="A setting that an API has a place for is sent",
            rules=[60],
            servers={"one": [answer()]},
            requests=[to("one", body={"temperature": 0.5, "model": "m"})],
            args=question(settings={"temperature": 0.5}),
            ok=said(),
        ),
    ]


CASES = [*_keys(), *_headers(), *_addresses(), *_record(), *_no_place()]
