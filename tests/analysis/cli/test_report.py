"""`graphperf report` and `graphperf graph`: what they write, where, and what they say of it."""

import json
from pathlib import Path
from xml.etree import ElementTree

DEVICE = ("--hardware", "h100-sxm5-80gb")


def test_a_report_is_named_after_the_model(run, folder: Path) -> None:
    done = run("graphperf", "report", "model.py", *DEVICE)
    page = (folder / "Net.html").read_text("utf-8")
    assert (done.code, done.out) == (0, "")
    assert done.err == f"wrote Net.html ({round(len(page.encode()) / 1000, 1):g} kB)\n"
    assert page.startswith("<!doctype html>")
    assert "<title>Net</title>" in page


def test_a_report_goes_where_it_is_told(run, folder: Path) -> None:
    assert run("graphperf", "report", "model.py", *DEVICE, "-o", "there.html").code == 0
    done = run("graphperf", "report", "model.py", *DEVICE, "-o", "-")
    assert (done.out, done.err) == ((folder / "there.html").read_text("utf-8"), "")
    assert not (folder / "Net.html").exists()


def test_a_graph_in_each_format(run, folder: Path) -> None:
    assert run("graphperf", "graph", "model.py", *DEVICE).err.startswith("wrote Net.svg (")
    assert run("graphperf", "graph", "model.py", *DEVICE, "-o", "net.dot").code == 0
    assert run("graphperf", "graph", "model.py", *DEVICE, "-o", "net.txt", "--format", "json").code == 0
    assert ElementTree.parse(folder / "Net.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"
    assert (folder / "net.dot").read_text("utf-8").startswith('digraph "Net" {\n')
    graph = json.loads((folder / "net.txt").read_text("utf-8"))
    assert (graph["model"], [k["name"] for k in graph["kernels"]], graph["edges"]) == ("Net", ["fc"], [])


def test_requests_that_cannot_be_carried_out(run, folder: Path) -> None:
    (folder / "two.py").write_text((folder / "model.py").read_text() + "\n\nclass Other(Net):\n    pass\n")
    refused = {
        ("report", "two.py"): "error: two.py has 2 models: name one of two.py::Net, two.py::Other",
        ("report", "no_model.py"): "error: no_model.py: no nn.Module class found",
        ("report", "bad_forward.py"): "error: bad_forward.py:11: GP901 forward() raised at line 11: ",
        ("report", "model.py", "-o", "nowhere/net.html"): "error: cannot write nowhere/net.html: ",
        ("graph", "model.py", "-o", "net.png"): "error: net.png: not one of svg, dot, json; say which with --format",
        ("graph", "model.py", "-H", "i7-12700k"): "error: a graph is of one device: name one with --hardware",
    }
    for arguments, message in refused.items():
        done = run("graphperf", *arguments, *DEVICE)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(message), done.err
