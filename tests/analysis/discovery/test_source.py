from pathlib import Path

import pytest

from graphperf.analysis.discovery import UnreadableSource, read_python


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "model.py"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        ("é\n".encode(), "é\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        (b"# coding: latin-1\nx = '\xe9'\n", "# coding: latin-1\nx = 'é'\n"),
        (b"#!/bin/sh\n# -*- coding: cp1252 -*-\n'\x80'", "#!/bin/sh\n# -*- coding: cp1252 -*-\n'€'"),
        (b"a\r\nb\rc\n\x0cd\n", "a\nb\nc\n\x0cd\n"),
    ],
)
def test_a_text_in_its_declared_encoding(file: Path, data: bytes, text: str) -> None:
    file.write_bytes(data)
    assert read_python(file) == text


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"x = 1\n# \xe9\n", 2, "byte 0xe9 is not UTF-8 and no other encoding is declared"),
        (b"\xff", 1, "byte 0xff is not UTF-8 and no other encoding is declared"),
        (b"# coding: ascii\n\n\xe9", 3, "byte 0xe9 is not ASCII"),
        ("x = 1".encode("utf-16"), 1, "it is UTF-16, which Python does not read; save it as UTF-8"),
        ("x = 1".encode("utf-32"), 1, "it is UTF-32, which Python does not read; save it as UTF-8"),
        (b"# coding: no-such\n", 1, "unknown encoding: no-such"),
        (b"\xef\xbb\xbf# coding: latin-1\n", 1, "encoding problem: utf-8"),
        (b"# coding: rot13\n", 1, "'rot13' is not a text encoding; use codecs.decode() to handle arbitrary codecs"),
    ],
)
def test_what_is_no_text(file: Path, data: bytes, line: int, message: str) -> None:
    file.write_bytes(data)
    with pytest.raises(UnreadableSource) as raised:
        read_python(file)
    assert (raised.value.message, raised.value.line) == (message, line)


def test_what_cannot_be_opened(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnreadableSource, match="No such file or directory"):
        read_python(file)

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(UnreadableSource, match="Permission denied"):
        read_python(file)
