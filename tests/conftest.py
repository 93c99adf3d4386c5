"""Every test keeps out of the user's own cache; those that capture share one pool of agents a session."""

import os
from collections.abc import Iterator

import pytest

from graphperf.analysis.capture import AgentPool, PoolCapturer


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    previous = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if previous is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = previous


@pytest.fixture(scope="session")
def pool() -> Iterator[AgentPool]:
    with AgentPool() as pool:
        yield pool


@pytest.fixture(scope="session")
def capturer(pool: AgentPool) -> PoolCapturer:
    return PoolCapturer(pool)
