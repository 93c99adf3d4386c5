"""Findings as JUnit XML: a test a file, failed where it has findings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree

from ...finding import Finding

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(findings: Sequence[Finding], files: Sequence[str]) -> str:
    """One suite. A file without findings is a test that passed."""
    by_file = {file: list(held) for file, held in groupby(sorted(findings, key=lambda f: f.file), lambda f: f.file)}
    names = list(dict.fromkeys([*files, *by_file]))
    counts = {"tests": str(len(names)), "failures": str(len(by_file)), "errors": "0"}
    suites = ElementTree.Element("testsuites", {"name": "graphperf", **counts})
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "graphperf-lint", **counts})
    for name in names:
        case = ElementTree.SubElement(suite, "testcase", {"name": _clean(name), "classname": "graphperf"})
        if name in by_file:
            texts = [f"{f.file}:{f.line}: {f.severity}: {f.code} {f.message}" for f in by_file[name]]
            failure = {"message": f"{len(texts)} finding{'s' if len(texts) > 1 else ''}", "type": "graphperf"}
            ElementTree.SubElement(case, "failure", failure).text = _clean("\n".join(texts))
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suites, "unicode") + "\n"


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)
