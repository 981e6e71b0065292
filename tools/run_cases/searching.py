"""The built-in web search: what it offers and gives, within which domains, and what becomes of its key."""

from __future__ import annotations

from typing import Any

from durable_cases.case import JSON, done, effect, says, stops
from run_cases.case import Case, alone, asks, told

_KEY = "key-0123456789abcdef0123"
_PAGE = {"title": "A page", "url": "https://docs.example.com/a", "content": "What it says."}
_OTHER = {"title": "Another", "url": "https://example.com.evil.test/b", "content": "Come in."}
_BESIDE = {"title": "Beside", "url": "https://www.example.com/c", "content": "Aside."}


def search(**more: Any) -> JSON:
    """Return the tool, with a key."""
    return {"name": "web_search", "effect": "read", "search": {"key": _KEY, **more}}


def searched(name: str, title: str, rule: str, arguments: str, output: Any, **given: JSON) -> Case:
    """Return a case of one search, and of what the model is told of it."""
    return Case(
        f"search-{name}",
        title,
        (rule,),
        alone(given.get("tool", search())),
        [asks("c1", "web_search", arguments), told("c1", output)],
        done(),
        tools={"web_search": given["finds"]},
        features=("web-search",),
        more={"effects": [effect("web_search", "c1")], "asked": {"model": 2, "tool": 1}},
    )


#: What a model is told of a search for bees that has found the page.
_TOLD = ['"query":"bees"', '"results":[', '"title":"A page"', f'"url":"{_PAGE["url"]}"', _PAGE["content"]]
_ALL = {
    "query": "a",
    "user_location": {"type": "approximate", "city": "Oslo", "country": "NO"},
    "filters": {"allowed_domains": ["example.com"]},
    "search_context_size": "low",
}
CASES = [
    Case(
        "search-offered",
        "The model is offered what the schema of the web search says",
        ("TS-TOOL-039",),
        alone(search()),
        [
            {
                **says("Done."),
                "asked": {
                    "tools": [
                        {
                            "name": "web_search",
                            "parameters": {
                                "$takes": {
                                    "all": [{"query": "a"}, _ALL],
                                    "none": [
                                        {},
                                        {"query": ""},
                                        {"query": "a" * 501},
                                        {"query": "a", "limit": 5},
                                        {"query": "a", "search_context_size": "huge"},
                                        {"query": "a", "filters": {"allowed_domains": "example.com"}},
                                    ],
                                }
                            },
                        }
                    ]
                },
            }
        ],
        done(),
        features=("web-search", "offers"),
        more={"asked": {"model": 1, "tool": 0}},
    ),
    searched(
        "output",
        "The model is told what was searched for and found, and what the service had no place for",
        "TS-TOOL-039",
        '{"query":"bees","user_location":{"city":"Oslo"}}',
        {"$holds": {"all": [*_TOLD, '"ignored":["user_location']}},
        finds={"output": [_PAGE], "asked": {"search": {"query": "bees", "domains": []}}},
    ),
    searched(
        "within-what-the-caller-allows",
        "Domains that the caller allows bound those that the model asks for",
        "TS-TOOL-040",
        '{"query":"bees","filters":{"allowed_domains":["docs.example.com","evil.test"]}}',
        {"$holds": {"all": [_PAGE["url"]], "none": ["evil.test", _BESIDE["url"]]}},
        finds={"output": [_PAGE, _OTHER, _BESIDE], "asked": {"search": {"domains": ["docs.example.com"]}}},
        tool=search(filters={"allowed_domains": ["example.com"]}),
    ),
    searched(
        "others-left-out",
        "Results of other domains are left out, whatever the service has done",
        "TS-TOOL-040",
        '{"query":"bees"}',
        {"$holds": {"all": [_PAGE["url"], _BESIDE["url"]], "none": ["evil.test"]}},
        finds={"output": [_OTHER, _PAGE, _BESIDE], "asked": {"search": {"domains": ["example.com"]}}},
        tool=search(filters={"allowed_domains": ["example.com"]}),
    ),
    Case(
        "search-outside-of-what-the-caller-allows",
        "A search in none of the allowed domains is told as a failure, and no service is asked",
        ("TS-TOOL-040",),
        alone(search(filters={"allowed_domains": ["example.com"]})),
        [
            asks("c1", "web_search", '{"query":"bees","filters":{"allowed_domains":["evil.test"]}}'),
            told("c1", {"$holds": {"all": ["example.com"]}}),
        ],
        done(),
        tools={"web_search": {"output": []}},
        features=("web-search",),
        more={"effects": [], "asked": {"tool": 0}},
    ),
    Case(
        "search-without-a-key",
        "A missing key stops the run, because no model can set it",
        ("TS-TOOL-041",),
        alone({"name": "web_search", "effect": "read", "search": {}}),
        [asks("c1", "web_search", '{"query":"bees"}')],
        stops("error", code="key-missing"),
        tools={"web_search": {"output": []}},
        features=("web-search",),
        more={"effects": [], "asked": {"model": 1, "tool": 0}},
    ),
    searched(
        "that-fails",
        "A search that fails is told to the model, without the key",
        "TS-TOOL-041",
        '{"query":"bees"}',
        {"$holds": {"all": ["is closed"], "none": [_KEY]}},
        finds={"err": {"code": "refused", "message": f"the account of {_KEY} is closed"}},
    ),
]
