"""Which blocks of a page are found, and where they stand."""

import pytest

from samples.pages import blocks, pages

PAGE = """\
# Title

```python
first = 1
```

## Tabs ##

=== "Python"

    ```py
    async def f():

        return 2
    ```

=== "TypeScript"

    ```typescript
    const x = 1;
    ```

After the tabs.

~~~python3
text = '''
```
'''
~~~

### Other

````text
```python
not_code = 1
```
````

```
nothing
```

```python
open = True
"""


@pytest.fixture
def page(tmp_path):
    """Return the page as a file."""
    path = tmp_path / "page.md"
    path.write_text(PAGE, encoding="utf-8")
    return path


def test_every_fenced_block_is_found_with_its_language(page):
    """Blocks under tabs are found too; what stands in another block is not one."""
    found = [(block.language, block.is_python) for block in blocks(page)]
    assert found == [
        ("python", True),
        ("py", True),
        ("typescript", False),
        ("python3", True),
        ("text", False),
        ("", False),
        ("python", True),
    ]


def test_a_block_says_where_its_code_begins(page):
    """The line is that of the first line of code, so that a traceback leads there."""
    lines = PAGE.splitlines()
    for block in blocks(page):
        assert lines[block.line - 1].strip() == block.text.splitlines()[0].strip()


def test_the_indentation_of_a_block_is_no_part_of_its_code(page):
    """Python under a tab runs as it would elsewhere, and keeps its own indentation and blank lines."""
    assert blocks(page)[1].text == "async def f():\n\n    return 2\n"


def test_a_block_has_the_title_of_its_heading_and_tab(page):
    """The tab counts for what is indented under it alone."""
    titles = [block.title for block in blocks(page)]
    assert titles[:4] == ["Title", "Tabs / Python", "Tabs / TypeScript", "Tabs"]
    assert titles[4] == "Other"


def test_a_block_that_is_never_closed_goes_to_the_end(page):
    """What a page loses at its end is run, and fails there, instead of vanishing."""
    assert blocks(page)[-1].text == "open = True\n"


def test_a_folder_stands_for_all_its_documents(tmp_path, page):
    """Markdown and text files in folders are read in the order of their names; others only when they are named."""
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.txt").write_text("")
    (tmp_path / "code.py").write_text("")
    assert pages([tmp_path]) == [tmp_path / "inner" / "a.txt", page]
    assert pages([tmp_path / "code.py"]) == [tmp_path / "code.py"]
