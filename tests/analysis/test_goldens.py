"""Estimates are as they were written last; `tests/goldens/README.md` says what to do when they are not."""

import pytest

from ..goldens.models import DEVICES, FIGURES, MODELS, estimates, stored


@pytest.mark.parametrize("name", MODELS)
def test_estimates_are_unchanged(zoo, name: str) -> None:
    expected, found = stored()[name], estimates(name, zoo.graph(name))
    assert found.keys() == expected.keys()
    changed = [
        f"{key}: {figure} {row[figure]:g} -> {found[key][figure]:g} ({found[key][figure] / row[figure] - 1:+.2%})"
        for key, row in expected.items()
        for figure in FIGURES
        if found[key][figure] != pytest.approx(row[figure], rel=1e-6)
    ]
    assert not changed, "\n".join([f"{len(changed)} figures changed; if they should: make goldens", *changed[:12]])


def test_every_model_and_device_is_there() -> None:
    golden = stored()
    assert tuple(golden) == MODELS
    for rows in golden.values():
        assert {key.split()[0] for key in rows} == set(DEVICES)
        assert all(row.keys() == set(FIGURES) for row in rows.values())
