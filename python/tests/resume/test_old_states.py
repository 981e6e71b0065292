"""States of every released number go on in their family's current SDK as in the SDK that saved them (TS-VERS-040)."""

import pytest

from timestep.dialects import detect
from timestep.errors import TimestepError
from timestep.state import write

from .harness import FAMILIES
from .old import CURRENT, assumed, loaded, old_cases, releases


@pytest.mark.parametrize("family", FAMILIES)
def test_every_released_number_has_states(family):
    """Each released number before the current one has saved states here, and in each some are decided."""
    kept = {
        release.number
        for release in releases()
        if release.family == family and any(case.kind == "decided" for case in old_cases(release))
    }
    assert kept == set(detect.RELEASED[family]) - {detect.CURRENT[family]}


@pytest.mark.parametrize("release", releases(), ids=str)
def test_resumes_as_recorded(release, resumes):
    """The current SDK does what the old one did, but for what old-deviations.json lists with its cause."""
    unlisted = resumes.unlisted(old_cases(release), CURRENT[release.family])
    assert not unlisted, unlisted


@pytest.mark.parametrize("release", releases(), ids=str)
def test_assertions_are_needed_one_by_one(release):
    """Without any one of the published flags the conversion is refused, and that flag is named (TS-VERS-034)."""
    for case in old_cases(release):
        for to in (*CURRENT.values(), release):
            flags = assumed(case, to)
            for flag in flags:
                others = [known for known in flags if known != flag]
                with pytest.raises(TimestepError) as refused:
                    write(loaded(case, others), to.target, assume=others)
                assert refused.value.code == "assumption-needed", case
                assert f"--assume {flag} " in (refused.value.help or ""), case
