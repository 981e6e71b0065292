"""Where an Ollama model is asked: the rows of the table in spec/routing.md, and the names that lead to them."""

from __future__ import annotations

from collections.abc import Sequence

from router_cases.case import BOTH, OLLAMA_KEY, OPENAI_KEY, Case, at_ollama

SERVER = "https://ollama.acme.example"


def local(name: str, model: str, title: str, keys: Sequence[str] = BOTH) -> Case:
    """Return the case of a name that leads to the local server, whatever keys there are."""
    return Case(name=name, title=title, rules=[8], asks=f"ollama/{model}", keys=keys, ok=at_ollama(model))


def cloud(name: str, model: str, plain: str, title: str) -> Case:
    """Return the case of a cloud name, with its key."""
    ok = at_ollama(plain, "ollama-cloud")
    return Case(name=name, title=title, rules=[9], asks=f"ollama/{model}", keys=[OLLAMA_KEY], ok=ok)


def daemon(name: str, model: str, title: str, keys: Sequence[str] = ()) -> Case:
    """Return the case of a cloud name without its key."""
    ok = at_ollama(model, "ollama-cloud-by-daemon")
    return Case(name=name, title=title, rules=[9], asks=f"ollama/{model}", keys=keys, ok=ok)


def bad(name: str, asks: str, title: str, keys: Sequence[str] = ()) -> Case:
    """Return the case of a name that is refused."""
    return Case(name=f"refused-ollama-{name}", title=title, rules=[5], asks=asks, keys=keys, err="model-name")


CASES = [
    local("ollama-plain", "llama3.2", "A name without a tag leads to the local server, keys or not"),
    local("ollama-tag", "llama3.2:3b", "A name with another tag leads to the local server"),
    local("ollama-cloud-without-tag", "llama3-cloud", "Without a colon there is no tag, and no cloud name"),
    local("ollama-cloud-inside-tag", "m:cloud-7b", "A tag that only begins with cloud is none of Ollama Cloud"),
    local("ollama-cloud-in-tag-without-hyphen", "m:7bcloud", "A tag that ends in cloud without a hyphen is none"),
    local("ollama-cloud-before-last-colon", "m:cloud:7b", "What stands before the last colon is not the tag"),
    local("ollama-port-is-no-tag", "registry.example:5000/m-cloud", "A colon before a slash separates a port"),
    local("ollama-hugging-face", "hf.co/org/model:Q4_K_M", "A name of another registry keeps its slashes"),
    local("ollama-local-name", "m:local", "The tag local leads to the local server, by the whole name"),
    local("ollama-without-any-key", "llama3.2", "The local server needs no key", keys=()),
    cloud("ollama-cloud-suffix", "gpt-oss:20b-cloud", "gpt-oss:20b", "The end -cloud of a tag is taken off"),
    cloud("ollama-cloud-tag", "kimi-k2.6:cloud", "kimi-k2.6", "The tag cloud is taken off, colon and all"),
    cloud("ollama-cloud-with-namespace", "org/m:cloud", "org/m", "A cloud name may have slashes before its tag"),
    cloud("ollama-cloud-with-port", "h.example:5000/m:cloud", "h.example:5000/m", "A port stays where it is"),
    cloud("ollama-cloud-several-hyphens", "m:7b-q4-cloud", "m:7b-q4", "Only the last part of a tag is taken off"),
    cloud("ollama-cloud-several-colons", "m:7b:x-cloud", "m:7b:x", "The last colon begins the tag"),
    cloud("ollama-cloud-in-capitals", "m:Cloud", "m", "Case makes no difference to a cloud tag"),
    cloud("ollama-cloud-suffix-in-capitals", "m:7B-CLOUD", "m:7B", "Case of the rest of a tag stays as it is"),
    cloud("ollama-cloud-as-a-model", "cloud:cloud", "cloud", "A model may be called cloud"),
    daemon("ollama-daemon-suffix", "gpt-oss:20b-cloud", "Without a key the local server is asked by the whole name"),
    daemon("ollama-daemon-tag", "kimi-k2.6:cloud", "Without a key a name with the tag cloud is left whole, too"),
    daemon("ollama-daemon-other-key", "kimi-k2.6:cloud", "The key of OpenAI is none for Ollama", [OPENAI_KEY]),
    bad("empty-before-cloud", "ollama/:cloud", "Nothing is left of a name that is all tag"),
    bad("empty-before-tag", "ollama/:7b", "A tag alone is no name"),
    bad("empty-tag", "ollama/m:", "An empty tag is refused"),
    bad("empty-tag-once-stripped", "ollama/m:-cloud", "A tag that is empty without its suffix is refused"),
    bad("empty-after-namespace", "ollama/org/:cloud", "Nothing is left after the last slash"),
    bad("empty-before-inner-tag", "ollama/:7b-cloud", "Nothing stands before the tag"),
    bad("no-name-after-namespace", "ollama/org/", "A namespace alone is no name"),
    bad("two-places", "ollama/m:cloud:local", "A name that says cloud and local is refused", [OLLAMA_KEY]),
    bad("two-places-the-other-way", "ollama/m:local:cloud", "A name that says local and cloud is refused"),
    bad("cloud-twice", "ollama/m:7b-cloud:cloud", "A name that says cloud twice is refused"),
    Case(
        name="ollama-model-id-with-empty-tag-elsewhere",
        title="A provider of another kind may have names with an empty tag",
        rules=[5],
        asks="openai/m:",
        ok={
            "provider": "openai",
            "kind": "openai",
            "base_url": "https://api.openai.com/v1",
            "model": "m:",
            "wire_api": "responses",
            "key": OPENAI_KEY,
            "rule": "prefix",
            "allow_private": True,
        },
    ),
    Case(
        name="ollama-own-key-under-its-prefix",
        title="Under the prefix ollama a key of its own is that for cloud names",
        rules=[9, 10],
        asks="ollama/m:cloud",
        keys=["TEAM_API_KEY"],
        document={"providers": {"ollama": {"kind": "ollama", "key": "TEAM_API_KEY"}}},
        ok=at_ollama("m", "ollama-cloud", key="TEAM_API_KEY"),
    ),
    Case(
        name="ollama-own-key-missing",
        title="Where the provider names a key, another one does not stand in for it",
        rules=[9, 10],
        asks="ollama/m:cloud",
        keys=[OLLAMA_KEY],
        document={"providers": {"ollama": {"kind": "ollama", "key": "TEAM_API_KEY"}}},
        ok=at_ollama("m:cloud", "ollama-cloud-by-daemon"),
    ),
    Case(
        name="ollama-own-key-and-a-local-model",
        title="Under the prefix ollama a model without a cloud tag stays local, own key or not",
        rules=[8, 10],
        asks="ollama/m",
        keys=["TEAM_API_KEY"],
        document={"providers": {"ollama": {"kind": "ollama", "key": "TEAM_API_KEY"}}},
        ok=at_ollama("m"),
    ),
    Case(
        name="cloud-provider",
        title="Under another prefix a provider with a key is Ollama Cloud for every name",
        rules=[7],
        asks="cloud/llama3",
        keys=[OLLAMA_KEY],
        document={"providers": {"cloud": {"kind": "ollama", "key": OLLAMA_KEY}}},
        ok=at_ollama("llama3", "ollama-cloud", provider="cloud"),
    ),
    Case(
        name="cloud-provider-without-its-key",
        title="A provider for the cloud alone does not turn to the local server when its key is missing",
        rules=[7, 17],
        asks="cloud/llama3:cloud",
        document={"providers": {"cloud": {"kind": "ollama", "key": OLLAMA_KEY}}},
        ok=at_ollama("llama3", "ollama-cloud", provider="cloud"),
    ),
    Case(
        name="cloud-provider-strips-the-suffix",
        title="A provider for the cloud alone takes the suffix off, too",
        rules=[7],
        asks="cloud/gpt-oss:20b-cloud",
        keys=["TEAM_API_KEY"],
        document={"providers": {"cloud": {"kind": "ollama", "key": "TEAM_API_KEY"}}},
        ok=at_ollama("gpt-oss:20b", "ollama-cloud", provider="cloud", key="TEAM_API_KEY"),
    ),
    Case(
        name="cloud-provider-and-a-local-name",
        title="A local name is refused where only Ollama Cloud is asked",
        rules=[5, 7],
        asks="cloud/m:local",
        keys=[OLLAMA_KEY],
        document={"providers": {"cloud": {"kind": "ollama", "key": OLLAMA_KEY}}},
        err="model-name",
    ),
    Case(
        name="alias-of-ollama",
        title="A provider without a key under another prefix is like the built-in one: local",
        rules=[8],
        asks="mine/llama3",
        keys=[OLLAMA_KEY],
        document={"providers": {"mine": {"kind": "ollama"}}},
        ok=at_ollama("llama3", provider="mine"),
    ),
    Case(
        name="alias-of-ollama-and-a-cloud-name",
        title="A provider without a key under another prefix is like the built-in one: cloud names",
        rules=[9],
        asks="mine/llama3:cloud",
        keys=[OLLAMA_KEY],
        document={"providers": {"mine": {"kind": "ollama"}}},
        ok=at_ollama("llama3", "ollama-cloud", provider="mine"),
    ),
    Case(
        name="target-cloud",
        title="The target cloud leads every name to Ollama Cloud, with its own key where none is named",
        rules=[7],
        asks="ollama/llama3",
        document={"providers": {"ollama": {"kind": "ollama", "target": "cloud"}}},
        ok=at_ollama("llama3", "ollama-cloud"),
    ),
    Case(
        name="target-cloud-strips-the-suffix",
        title="The target cloud takes the suffix off",
        rules=[7],
        asks="ollama/llama3:70b-cloud",
        document={"providers": {"ollama": {"kind": "ollama", "target": "cloud"}}},
        ok=at_ollama("llama3:70b", "ollama-cloud"),
    ),
    Case(
        name="target-cloud-and-a-local-name",
        title="The target cloud has no place for a local name",
        rules=[5, 7],
        asks="ollama/m:local",
        document={"providers": {"ollama": {"kind": "ollama", "target": "cloud"}}},
        err="model-name",
    ),
    Case(
        name="target-local",
        title="The target local leads a cloud name to the local server, key or not, by its whole name",
        rules=[8],
        asks="ollama/m:cloud",
        keys=[OLLAMA_KEY],
        document={"providers": {"ollama": {"kind": "ollama", "target": "local"}}},
        ok=at_ollama("m:cloud"),
    ),
    Case(
        name="target-local-with-a-key",
        title="The target local stands over a key under another prefix, and the key is not sent",
        rules=[8, 10],
        asks="mine/m",
        keys=[OLLAMA_KEY],
        document={"providers": {"mine": {"kind": "ollama", "target": "local", "key": OLLAMA_KEY}}},
        ok=at_ollama("m", provider="mine"),
    ),
    Case(
        name="ollama-base-url",
        title="A base URL is asked, with the provider's own key and by the name as it is",
        rules=[6],
        asks="ours/m:cloud",
        keys=BOTH,
        document={"providers": {"ours": {"kind": "ollama", "base_url": SERVER, "key": "ACME_API_KEY"}}},
        ok=at_ollama("m:cloud", "ollama-base-url", provider="ours", base_url=SERVER, key="ACME_API_KEY"),
    ),
    Case(
        name="ollama-base-url-without-a-key",
        title="A base URL gets no key that was not named for it",
        rules=[6, 10],
        asks="ollama/m:cloud",
        keys=BOTH,
        document={"providers": {"ollama": {"kind": "ollama", "base_url": SERVER}}},
        ok=at_ollama("m:cloud", "ollama-base-url", base_url=SERVER),
    ),
    Case(
        name="ollama-base-url-with-target-cloud",
        title="A base URL with the target cloud is asked by the plain name",
        rules=[6],
        asks="ours/m:7b-cloud",
        document={"providers": {"ours": {"kind": "ollama", "base_url": SERVER, "target": "cloud"}}},
        ok=at_ollama("m:7b", "ollama-base-url", provider="ours", base_url=SERVER),
    ),
    Case(
        name="ollama-local-base-url",
        title="The local server may stand elsewhere, also for a cloud name without a key",
        rules=[8, 9],
        asks="ollama/m:cloud",
        document={
            "providers": {"ollama": {"kind": "ollama", "local_base_url": "http://gpu:11434", "allow_private": True}}
        },
        ok=at_ollama("m:cloud", "ollama-cloud-by-daemon", base_url="http://gpu:11434", allow_private=True),
    ),
    Case(
        name="ollama-cloud-base-url",
        title="The cloud may stand elsewhere",
        rules=[9, 10],
        asks="ollama/m:cloud",
        keys=["ACME_API_KEY"],
        document={"providers": {"ollama": {"kind": "ollama", "cloud_base_url": SERVER, "key": "ACME_API_KEY"}}},
        ok=at_ollama("m", "ollama-cloud", base_url=SERVER, key="ACME_API_KEY"),
    ),
    Case(
        name="ollama-cloud-base-url-leaves-the-local-one",
        title="Another address of the cloud changes nothing about the local server",
        rules=[8],
        asks="ollama/m",
        document={"providers": {"ollama": {"kind": "ollama", "cloud_base_url": SERVER, "key": "ACME_API_KEY"}}},
        ok=at_ollama("m"),
    ),
]
