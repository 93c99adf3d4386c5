"""Start-up script of the agent: `python bootstrap.py`. Exposes this folder as `_graphperf_agent` and serves.

A script's own folder, links followed, is put first on `sys.path`; it is taken off again before anything is imported, so
that the agent's modules neither shadow the user's nor are shadowed by them.
"""

import os
import sys


def _expose_package() -> None:
    folder = __file__.rpartition("bootstrap.py")[0].rstrip("/\\")
    sys.path[:] = [entry for entry in sys.path if not entry or os.path.realpath(entry) != os.path.realpath(folder)]
    import importlib.util

    spec = importlib.util.spec_from_file_location(
        "_graphperf_agent", folder + "/__init__.py", submodule_search_locations=[folder]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["_graphperf_agent"] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    _expose_package()
    from _graphperf_agent.serve import main

    main()
