"""States written for an older number are loaded and resumed by the real old SDK; what it can't hold is refused."""

import pytest
from client import Worker

from .conftest import TOOLS
from .harness import FAMILIES, JS
from .old import Resumes, current_cases, installed, old_cases

TESTEES = [release for family in FAMILIES for release in installed(family)]


@pytest.fixture(scope="module", params=TESTEES, ids=str)
def testee(request):
    """Return one old release; all tests of it run before the next one's."""
    return request.param


@pytest.fixture(scope="module")
def old_resumes(testee, old_sdks, node):
    """Return what lets that release resume."""
    place = str(old_sdks[testee.family][testee.version])
    command, environment = [place, str(TOOLS / "worker.py")], {}
    if testee.family == JS:
        command, environment = [str(node), str(TOOLS / "js" / "worker.mjs")], {"TIMESTEP_JS_SDK": place}
    with Worker(command, environment=environment) as worker:
        assert worker.ask("hello")["version"] == testee.version
        yield Resumes({testee: worker})


@pytest.mark.parametrize("family", FAMILIES)
def test_eight_numbers_each_are_put_to_the_test(family):
    """The testees are spread over the numbers; without them nothing would run, and all would pass."""
    assert len({release.number for release in installed(family)}) >= 8


def test_the_current_number_goes_down(testee, old_resumes):
    """The old SDK does with a downgraded state what the current one does, or the lists say why not (TS-VERS-045)."""
    unlisted = old_resumes.unlisted(current_cases(testee.family), testee)
    assert not unlisted, unlisted


@pytest.mark.parametrize("stored", [False, True], ids=["file", "document"])
def test_up_and_down_again_loses_nothing(stored, testee, old_resumes):
    """A state that was read, perhaps stored as our document, and written back is resumed as its SDK recorded."""
    unlisted = old_resumes.unlisted(old_cases(testee), testee, stored=stored)
    assert not unlisted, unlisted


def test_a_rollback(testee, old_resumes):
    """What the next testee up saved is resumed by this one as its own SDK recorded, or the lists say why not."""
    family = installed(testee.family)
    for later in family[family.index(testee) + 1 :][:1]:
        unlisted = old_resumes.unlisted(old_cases(later), testee)
        assert not unlisted, unlisted


def test_an_upgrade_that_is_not_the_newest(testee, old_resumes):
    """What was decided in the testee before is resumed by this one as recorded, or the lists say why not."""
    family = installed(testee.family)
    for earlier in family[: family.index(testee)][-1:]:
        decided = [case for case in old_cases(earlier) if case.kind == "decided"]
        unlisted = old_resumes.unlisted(decided, testee)
        assert not unlisted, unlisted
