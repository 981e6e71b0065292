"""Copies of parts of this repository, in which a test plants a fault for as long as it looks at it."""

import shutil
from contextlib import contextmanager


def copy(repo_root, root, *names):
    """Copy files and folders of the repository to where they stand below another root, which is returned."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if (repo_root / name).is_dir():
            shutil.copytree(repo_root / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(repo_root / name, root / name)
    return root


@contextmanager
def planted(root, changes):
    """Put texts into files, by name: a function of the old text, or None for no file; put the old ones back after."""
    before = {name: (root / name).read_bytes() if (root / name).is_file() else None for name in changes}
    try:
        for name, change in changes.items():
            put(root / name, None if change is None else change((before[name] or b"").decode()).encode())
        yield
    finally:
        for name, data in before.items():
            put(root / name, data)


def put(file, data):
    """Write a file, or remove it, and its folders where they are empty then."""
    if data is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return
    file.unlink()
    folder = file.parent
    while not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def swapped(old, new):
    """Return a change of one text, which a file has once, to another."""

    def change(text):
        assert text.count(old) == 1, f"{old!r} stands there {text.count(old)} times"
        return text.replace(old, new)

    return change
