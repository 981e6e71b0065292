"""The map of prefixes and providers."""

import pytest
from agents.models.multi_provider import MultiProviderMap

from timestep.errors import UserError
from timestep.providers.provider_map import MultiModelProviderMap
from timestep.testing import ScriptedModel


class Provider:
    """Something with a `get_model`."""

    def get_model(self, name):
        """Give one model for all names."""
        return ScriptedModel([name])


def test_what_is_put_in_is_found_and_taken_out():
    """As in the Agents SDK's map, with `len` and `in` besides."""
    first, second, providers = Provider(), Provider(), MultiModelProviderMap()
    assert (len(providers), bool(providers), "a" in providers, providers.get_provider("a")) == (0, True, False, None)
    providers.add_provider("a", first)
    providers.add_provider("openai", second)
    assert (len(providers), "a" in providers, providers.has_prefix("a")) == (2, True, True)
    assert providers.get_provider("openai") is second
    assert providers.get_mapping() == {"a": first, "openai": second}
    assert repr(providers) == "MultiModelProviderMap('a', 'openai')"
    providers.remove_provider("a")
    assert providers.get_mapping() == {"openai": second}


def test_it_has_every_method_of_the_agents_sdks_map():
    """Code written for that one goes on working."""
    theirs = {name for name in vars(MultiProviderMap) if not name.startswith("_")}
    assert theirs <= {name for name in vars(MultiModelProviderMap) if not name.startswith("_")}


def test_a_mapping_is_copied_in_and_out():
    """What is done to a dict of the caller's changes nothing here."""
    provider, providers = Provider(), MultiModelProviderMap()
    given = {"a": provider}
    providers.set_mapping(given)
    given["b"] = provider
    providers.get_mapping()["c"] = provider
    assert providers.get_mapping() == {"a": provider}


def test_a_provider_is_never_replaced_in_silence():
    """The error says to remove the other one first (RULINGS N12); the same one again is no conflict."""
    first, providers = Provider(), MultiModelProviderMap()
    providers.add_provider("a", first)
    providers.add_provider("a", first)
    with pytest.raises(UserError) as caught:
        providers.add_provider("a", Provider())
    assert "remove_provider('a')" in caught.value.help
    assert providers.get_provider("a") is first


def test_what_is_not_there_can_not_be_removed():
    """The hint lists what is there."""
    providers = MultiModelProviderMap()
    providers.add_provider("local", Provider())
    with pytest.raises(UserError, match="'lokal'") as caught:
        providers.remove_provider("lokal")
    assert "'local'" in caught.value.help


@pytest.mark.parametrize("prefix", ["", "a/b", "/", " a", "a\n", None, 3])
def test_a_prefix_is_text_that_a_name_can_begin_with(prefix):
    """Names are split at the first slash."""
    providers = MultiModelProviderMap()
    with pytest.raises(UserError, match="can't be the prefix"):
        providers.add_provider(prefix, Provider())
    with pytest.raises(UserError, match="can't be the prefix"):
        providers.set_mapping({"a": Provider(), prefix: Provider()})
    assert len(providers) == 0


@pytest.mark.parametrize("provider", [None, "openai", Provider, object()])
def test_what_gives_no_model_is_no_provider(provider):
    """A class in place of an object is the usual slip."""
    providers = MultiModelProviderMap()
    with pytest.raises(UserError, match="is no provider"):
        providers.add_provider("a", provider)
    with pytest.raises(UserError, match="is no provider"):
        providers.set_mapping({"a": provider})
    assert len(providers) == 0
