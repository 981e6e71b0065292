"""conformance/README.md: each command that it shows works, in its order, and prints what is shown below it."""

import re
import shlex
import sys

from timestep_conformance import cli

#: Commands of the guide that end with another status than 0: most of the beginning of a testee fails.
FAILS = ("run --profile", "run --requirement")


def test_the_guide_does_what_it_shows(repo_root, tmp_path, monkeypatch, capsys):
    """A stranger gets from `init` to a list of known failures with the page alone; `...` stands for any lines."""
    text = (repo_root / "conformance/README.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\$ timestep-conformance (.*)\n((?:(?!\$ |```).*\n)*)", text, re.MULTILINE)
    assert len(shown) >= 8
    monkeypatch.chdir(tmp_path)
    for line, output in shown:
        words = [sys.executable if word == "python3" else word for word in shlex.split(line)]
        assert cli.status(words) == (1 if line.startswith(FAILS) else 0), line
        pattern = re.escape(output.strip()).replace(re.escape("..."), "(?s:.*)")
        printed = capsys.readouterr().out.replace(sys.executable, "python3")
        assert re.fullmatch(pattern, printed.strip()), f"{line}\n{printed[-2000:]}"
