"""Settings of a model call, laid over each other."""

from timestep.types.model_settings import ModelSettings


def test_settings_of_a_run_go_over_those_of_an_agent():
    """What is given wins, what is None is left as it was."""
    found = ModelSettings(temperature=0.5, top_p=1.0).resolve(ModelSettings(temperature=0.0, store=False))
    assert found.to_json() == {"temperature": 0.0, "top_p": 1.0, "store": False}


def test_nothing_laid_over_settings_leaves_them():
    """None is no settings."""
    settings = ModelSettings(max_tokens=5)
    assert settings.resolve(None) is settings


def test_extra_arguments_are_merged():
    """Members of `extra_args` that only one side has stay; of both, the one laid over wins."""
    under, over = ModelSettings(extra_args={"a": 1, "b": 1}), ModelSettings(extra_args={"b": 2})
    assert under.resolve(over).extra_args == {"a": 1, "b": 2}
    assert ModelSettings().resolve(over).extra_args == {"b": 2}
    assert under.resolve(ModelSettings()).extra_args == {"a": 1, "b": 1}


def test_a_settings_text_shows_no_header_and_no_query():
    """They may hold keys, and a text gets into tracebacks and logs (BARS S1)."""
    settings = ModelSettings(temperature=0.5, extra_headers={"X-Key": "s3cret"}, extra_query={"key": "s3cret"})
    assert (
        repr(settings) == "ModelSettings(temperature=0.5, extra_query={'key': '***'}, extra_headers={'X-Key': '***'})"
    )
    assert repr(ModelSettings()) == "ModelSettings()"
