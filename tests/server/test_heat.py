import pytest

from graphperf.server.heat import level


@pytest.mark.parametrize(
    ("share", "step"),
    [(0.0, 0), (0.0099, 0), (0.01, 1), (0.029, 1), (0.03, 2), (0.08, 3), (0.2, 4), (0.39, 4), (0.4, 5), (1.0, 5)],
)
def test_the_five_steps(share, step):
    assert level(share) == step
