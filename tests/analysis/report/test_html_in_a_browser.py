"""The HTML report in Chromium: every section draws, a click on a dot selects its row, nothing is refused or asked for."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphperf.analysis.pipeline import ModelResult
from graphperf.analysis.report import units
from graphperf.analysis.report.html import render_html
from graphperf.analysis.settings import Options

from .npm import unpacked

pytestmark = pytest.mark.editors
DRIVER = "playwright-core"
HERE = Path(__file__).parent
FIGURES = Path(units.__file__).parent / "html" / "script" / "figures.js"


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("needs node")
    return found


@pytest.fixture(scope="module")
def chromium() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium)")
    return found


@pytest.fixture(scope="module")
def driver(request: pytest.FixtureRequest) -> Path:
    """What drives the browser, fetched once into pytest's cache."""
    return unpacked(request, DRIVER, DRIVER, "index.js") / "index.js"


@pytest.fixture
def visit(node: str, chromium: str, driver: Path, tmp_path: Path) -> Callable[[str], Any]:
    """What a visitor of a page saw."""

    def visit(page: str) -> Any:
        path = tmp_path / "report.html"
        path.write_text(page, "utf-8")
        command = [node, HERE / "visit.mjs", driver, chromium, path]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return visit


def test_a_model_on_several_devices(zoo, visit) -> None:
    devices = ("h100-sxm5-80gb", "i7-12700k")
    evaluations = tuple(zoo.evaluation("resnet18", "compiled", device) for device in devices)
    result = ModelResult("m:resnet18", zoo.graph("resnet18"), "m:resnet18", evaluations, Options())
    seen = visit(render_html(result, "resnet18", links=True))
    working = [e for e in evaluations[0].subgraphs if e.latency_s > 0]
    drawn = seen["drawn"]
    assert seen["troubles"] == []
    assert (drawn["tiles"], drawn["bars"], drawn["whiskers"], drawn["reasons"]) == (4, 6, 4, 4)
    assert drawn["totals"] > 4
    assert drawn["dots"] == sum(e.kernel.flops > 0 for e in working)
    assert drawn["roofs"] >= 2
    assert drawn["ridge"][0].startswith("ridge ")
    assert drawn["areas"] >= len(working)
    assert drawn["treemap"] > 100_000
    assert drawn["timeline"] > 900
    assert drawn["boxes"] == drawn["rows"] == len(working)
    assert drawn["assumed"] > 0
    _check_choices(seen)
    assert seen["other"]["title"].startswith(evaluations[1].question.device.name)
    assert seen["other"]["latency"] == units.seconds(evaluations[1].latency.value)
    slowest = max(e.latency_s for e in working)
    assert seen["sorted"] == ["latency↓", units.seconds(slowest)]


def _check_choices(seen: Any) -> None:
    """A dot and keys select a row, and nothing else; the host is asked for the dot's line."""
    assert seen["afterDot"] == [seen["dot"]]
    assert seen["marked"]["graph"] == seen["marked"]["roofline"] == 1
    assert seen["marked"]["treemap"] >= 1
    assert "of EDP" in seen["bar"]
    (message,) = seen["posted"]
    assert set(message) == {"type", "file", "line"}
    assert (message["type"], message["file"].endswith(".py"), message["line"] > 0) == ("open", True, True)
    assert seen["afterEscape"] == []
    assert len(seen["afterKeys"]) == 1
    before, after = seen["again"]
    assert before == after, "a host that shows the page anew shows it where it was"
    assert len(after["chosen"]) == 1
    assert after["scroll"] > 0
    assert seen["zoomed"] == pytest.approx(8, rel=0.01)
    assert seen["colours"]["light"] != seen["colours"]["dark"]
    assert seen["narrow"] <= 480


def test_names_are_shown_as_they_are(write: Callable, visit) -> None:
    hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
    net = write(f"""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.add_module({hostile!r}, nn.Linear(8, 8))

            def forward(self, x):
                return next(self.children())(x)
    """)
    seen = visit(render_html(net.analysis.results[0], hostile, links=True))
    assert seen["troubles"] == []
    assert seen["chooser"] is False
    assert seen["bar"].startswith(hostile)


def test_a_model_without_work_has_an_empty_page(write: Callable, visit) -> None:
    net = write("""
        class Net(nn.Module):
            def forward(self, x):
                return x.flatten(1)
    """)
    seen = visit(render_html(net.analysis.results[0], "Net"))
    assert seen["troubles"] == []
    assert (seen["drawn"]["rows"], seen["drawn"]["boxes"], seen["drawn"]["tiles"]) == (0, 0, 4)


def test_figures_are_written_as_in_the_other_reports(node: str) -> None:
    parts = [0.0, 1.23456e-7, 9.996e-4, 4.1e-4, 0.5, 12.345]
    counts = [0.0, 1, 12.345, 999.6, 1234, 5.678e9, 3.2e13]
    shares = [0.0, 0.0004, 0.0012, 0.0611, 0.0994, 0.0996, 0.31, 1]
    calls = f"[{parts}.map((v) => small(v, 's')), {counts}.map((v) => large(v, 'B')), {shares}.map(percent)]"
    script = f"{FIGURES.read_text('utf-8')}\nconsole.log(JSON.stringify({calls}))"
    done = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True)
    small, large, percent = json.loads(done.stdout)
    assert small == [units.small(value, "s") for value in parts]
    assert large == [units.large(value, "B") for value in counts]
    assert percent == [units.percent(share) for share in shares]
