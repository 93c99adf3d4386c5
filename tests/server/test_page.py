from graphperf.server.settings import Settings

from .page import PAGE, page


def test_the_page_is_current():
    assert PAGE.read_text("utf-8") == page(), "run `make settings`"


def test_every_setting_is_described():
    undescribed = {name for name, field in Settings.model_fields.items() if field.description is None}
    assert undescribed == {"hardware_paths", "lint", "rules", "inlay_hints", "code_lens"}
    assert "| `inlayHints.hotOnly` | `0.0` |" in page()
