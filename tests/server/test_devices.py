from pathlib import Path

import graphperf.hardware_profiles as package
from graphperf.server.devices import usable


def test_a_file_that_cannot_be_used_hides_no_other(tmp_path, caplog):
    text = (Path(package.__file__).parent / "devices" / "i7-12700k.toml").read_text("utf-8")
    (tmp_path / "my-cpu.toml").write_text(text.replace('id = "i7-12700k"', 'id = "my-cpu"'), "utf-8")
    (tmp_path / "broken.toml").write_text("id = ", "utf-8")
    names = [device.id for device in usable((tmp_path,))]
    assert "my-cpu" in names
    assert "broken" not in names
    assert "broken.toml" in caplog.text
    orin = names.index("jetson-agx-orin-64gb")
    assert names[orin + 1].startswith("jetson-agx-orin-64gb@")
