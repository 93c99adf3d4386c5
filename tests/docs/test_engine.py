"""Finding, running, comparing and writing of blocks."""

import pytest

from .blocks import ROOT, blocks, steps
from .outputs import difference, renewed
from .run import BlockFailed, run
from .write import with_outputs

PAGE = """# Page

```python title="model.py"
x = 20
```

```sh
echo one; python -c 'import model; print(model.x)'; ls examples | grep resnet
```

```text
```

- in a list:

  <!-- needs: false -->
  ```sh
  false
  ```

  ```python
  import model
  print("x =", model.x)
  ```

  ```text
  old
  ```

```sh
cat model.py
```

A sentence.

```text
not its output
```

```json
{}
```
"""


def test_blocks_are_found_by_the_convention():
    assert [(b.language, b.title, b.needs) for b in blocks(PAGE)] == [
        ("python", "model.py", None), ("sh", None, None), ("text", None, None), ("sh", None, "false"),
        ("python", None, None), ("text", None, None), ("sh", None, None), ("text", None, None),
        ("json", None, None),
    ]  # fmt: skip
    assert [(s.block.language, s.shown and s.shown.text) for s in steps(PAGE)] == [
        ("python", None), ("sh", ""), ("sh", None), ("python", "old\n"), ("sh", None),
    ]  # fmt: skip


def test_a_page_is_run_in_one_folder_and_written_in_place(tmp_path):
    printed = list(run(steps(PAGE), tmp_path))
    assert [text for _, text in printed] == ["one\n20\nresnet18.py\n", "x = 20\n", "x = 20\n"]
    written = with_outputs(PAGE, {step.shown: text for step, text in printed if step.shown})
    assert "```text\none\n20\nresnet18.py\n```\n" in written
    assert "  ```text\n  x = 20\n  ```\n" in written
    shown = [step.shown for step in steps(written) if step.block.runs and step.block.needs is None]
    assert with_outputs(written, {at: text for at, (_, text) in zip(shown, printed, strict=True) if at}) == written


def test_an_error_is_told_with_its_line(tmp_path):
    with pytest.raises(BlockFailed, match=r"line 3: exit status 1\nfalse\ntrue"):
        list(run(steps("a\n\n```sh\nfalse\ntrue\n```\n"), tmp_path))


def test_an_exit_status_can_be_asked_for(tmp_path):
    page = "<!-- exit status: 3 -->\n```sh\nexit 3\n```\n"
    assert [text for _, text in run(steps(page), tmp_path / "one")] == [""]
    with pytest.raises(BlockFailed, match="exit status 2"):
        list(run(steps(page.replace("exit 3", "exit 2")), tmp_path / "two"))


def test_what_is_exported_is_kept_and_a_variable_is_of_one_block(tmp_path):
    page = "<!-- with: A=1 -->\n```sh\nB=2; export C=3$A\n```\n\n```sh\necho $A-$B-$C\n```\n"
    assert [text for _, text in run(steps(page), tmp_path)] == ["", "--31\n"]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs a checkout")
def test_a_block_can_be_run_and_written_in_a_clone(tmp_path):
    page = """<!-- in: a clone -->
```text title="new.txt"
new
```

<!-- in: a clone -->
<!-- exit status: 1 -->
```sh
git status --short; test -f pyproject.toml; false
```

```text
?? new.txt
```
"""
    assert [text for _, text in run(steps(page), tmp_path)] == ["?? new.txt\n"]


@pytest.mark.parametrize("comment", ["not run: installs", "in: the moon", "exit: 1"])
def test_other_comments_are_errors(comment):
    with pytest.raises(ValueError, match="nothing is known"):
        blocks(f"<!-- {comment} -->\n```sh\nfalse\n```\n")


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("latency 226 µs (186 µs to 340 µs)", "latency  228 µs (189 µs to 333 µs)\n\n"),
        ("4.0 %  ████▌ x", "4.1 %  ████▋ x"),
        ("0.5 %", "0.6 %"),
        ("22,770", "22,771"),
        ("a\n…\nb", "a\n1\n2\nb"),
        ("…\nb", "a\nb"),
        ("a\n…", "a"),
        ("…\nc\n…", "a\nb\nc\nd"),
        ("…", "anything"),
        ("", "\n"),
    ],
)
def test_alike(shown, printed):
    assert not difference(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("226 µs", "240 µs"),
        ("226 µs", "226 ms"),
        ("5 kernels", "4 kernels"),
        ("0.5 %", "0.8 %"),
        ("on h100", "on h101"),
        ("a\nb", "a\nb\nc"),
        ("a\n…\nb", "a\nb\nc"),
        ("a\nb\n…", "a\nc"),
        ("…\nc\n…\nb", "b\nc"),
        ("a", ""),
    ],
)
def test_different(shown, printed):
    assert difference(shown, printed)


def test_what_was_left_out_stays_left_out_while_its_words_are_there():
    assert renewed("a 1\n…\nd 4\n", "a 10\nb 2\nc 3\nd 40\n") == "a 10\n…\nd 40\n"
    assert renewed("a 1\n…\ne 4\n", "a 10\nb 2\n") == "a 10\nb 2\n"
    assert renewed("", "a\n\n") == "a\n"
