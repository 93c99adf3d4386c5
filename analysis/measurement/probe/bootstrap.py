"""Start-up script of the probe: `python bootstrap.py FOLDER_OF_THE_AGENT`. Exposes this folder as `_graphperf_probe` and the
agent's, whose code loads the user's files, as `_graphperf_agent`; neither folder stays on `sys.path`.
"""

import os
import sys


def _expose(name: str, folder: str) -> None:
    import importlib.util

    spec = importlib.util.spec_from_file_location(
        name, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    here = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [entry for entry in sys.path if not entry or os.path.realpath(entry) != here]
    _expose("_graphperf_probe", here)
    _expose("_graphperf_agent", sys.argv[1])
    from _graphperf_probe.serve import main

    main()
