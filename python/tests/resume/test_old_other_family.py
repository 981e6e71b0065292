"""States of every released number go on in the other family's current SDK as recorded, or as the lists say (L3)."""

import pytest

from .harness import other
from .old import CURRENT, old_cases, releases


@pytest.mark.parametrize("release", releases(), ids=str)
def test_resumes_as_recorded(release, resumes):
    """The other SDK does what the old one did; what deviations.json lists holds for old numbers too."""
    unlisted = resumes.unlisted(old_cases(release), CURRENT[other(release.family)])
    assert not unlisted, unlisted
