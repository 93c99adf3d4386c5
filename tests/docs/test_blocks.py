"""Every block of the documentation does what the page says."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphperf.analysis.bounds.baseline import baseline_text
from graphperf.analysis.discovery import project_table
from graphperf.analysis.settings import Options, with_project
from graphperf.server.settings_layers import project_layer, read_settings

from .blocks import PAGES, ROOT, blocks, steps
from .outputs import difference
from .run import clones, run

# What blocks need that not every machine has.
NEEDS = {
    ("docs/how-to/air-gapped-ci.md", "unshare --map-root-user --net true"),
    ("docs/how-to/calibrate-your-device.md", 'python -c "import torch; torch.cuda.init()"'),
    ("docs/how-to/set-up-your-editor.md", "code --version"),
}
# The examples of the pages of rules are run where the rules are tested.
RUN = [page for page in PAGES if steps(page.read_text("utf-8")) and page.parent.name != "rules"]
CONFIGURED = [page for page in PAGES if "[tool.graphperf" in page.read_text("utf-8")]
TABLE = {
    "hardware", "precision", "batch", "mode", "hardware-path", "capture-seconds", "capture-memory-gb", "trusted",
    "models", "lint", "budgets",
}  # fmt: skip


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.slow
@pytest.mark.timeout(1800)  # some pages install, and measure
@pytest.mark.parametrize("page", RUN, ids=name)
def test_blocks_run_and_print_what_is_shown(page: Path, tmp_path: Path) -> None:
    if clones(steps(page.read_text("utf-8"))) and not (ROOT / ".git").exists():
        pytest.skip("needs a checkout")
    try:
        wrong = list(_differences(page, tmp_path))
    finally:
        shutil.rmtree(tmp_path, ignore_errors=True)  # environments are large
    assert not wrong, "\n\n".join([f"if it should differ: python -m tests.docs.write {name(page)}", *wrong])


def _differences(page: Path, folder: Path) -> Iterator[str]:
    for step, printed in run(steps(page.read_text("utf-8")), folder):
        if step.shown is not None and (differs := difference(step.shown.text, printed)):
            yield f"line {step.shown.first + 1}:\n{differs}"


def test_few_blocks_need_what_not_every_machine_has() -> None:
    found = [(name(page), step.block.needs) for page in PAGES for step in steps(page.read_text("utf-8"))]
    assert sorted(pair for pair in found if pair[1]) == sorted(NEEDS)


@pytest.mark.parametrize("page", CONFIGURED, ids=name)
def test_settings_are_accepted(page: Path, tmp_path: Path) -> None:
    for block in blocks(page.read_text("utf-8")):
        if block.language == "toml" and "[tool.graphperf" in block.text:
            (tmp_path / "pyproject.toml").write_text(block.text, "utf-8")
            table = project_table(tmp_path)
            assert table, f"line {block.first + 1} is no TOML"
            assert set(table) <= TABLE, f"line {block.first + 1}"
            for folder in table.get("hardware-path", []):
                (tmp_path / folder).mkdir(exist_ok=True)
            if "baseline" in table.get("lint", {}):
                (tmp_path / table["lint"]["baseline"]).write_text(baseline_text([], [], tmp_path))
            assert read_settings([project_layer(tmp_path)], [tmp_path], tmp_path)[1] == (), f"line {block.first + 1}"
            with_project(Options(), tmp_path)
