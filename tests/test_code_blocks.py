"""What the documents' code is run by does notice when it prints something else."""

import pytest

from tests.code_blocks import compare, read_blocks, run_python

PAGE = """
# Title

```python
x = 2
print(x)  # 2
```

1. In a list:

   ```sh no-run
   echo deep
   ```

```python
print(x + 1)
```

```output
3
```
"""


def test_blocks_are_found_in_lists_and_with_their_output() -> None:
    first, second, third = read_blocks(PAGE)
    assert (first.language, first.words, first.promised, first.line) == ("python", (), ["2"], 4)
    assert (second.language, second.words, second.code, second.promised) == ("sh", ("no-run",), "echo deep\n", None)
    assert third.promised == ["3"]


def test_blocks_share_a_namespace_and_an_error_names_the_pages_own_line() -> None:
    first, _, third = read_blocks(PAGE)
    namespace: dict[str, object] = {}
    assert run_python(first, namespace, "page.md") == "2\n"
    assert run_python(third, namespace, "page.md") == "3\n"
    with pytest.raises(NameError) as caught:
        run_python(third, {}, "page.md")
    assert caught.traceback[-1].lineno + 1 == PAGE.splitlines().index("print(x + 1)") + 1


@pytest.mark.parametrize(
    ("printed", "promise"),
    [("7", "7"), ("0.9412", "≈ 0.93"), ("-3e-05 m", "≈ -0.00003 m"), ("a 12 b", "a … b"), ("[1.5]", "[1.5]")],
)
def test_what_agrees(printed: str, promise: str) -> None:
    compare(f"{printed}\n", [promise])


@pytest.mark.parametrize(
    ("printed", "promise"), [("8", "7"), ("0.96", "≈ 0.93"), ("True", "≈ 1"), ("7 8", "7"), ("[115]", "[1.5]")]
)
def test_what_does_not(printed: str, promise: str) -> None:
    with pytest.raises(AssertionError, match="is said to print"):
        compare(f"{printed}\n", [promise])


def test_lines_that_are_missing_or_too_many_are_noticed() -> None:
    for printed in ("", "1\n", "1\n2\n3\n"):
        with pytest.raises(AssertionError):
            compare(printed, ["1", "2"])
