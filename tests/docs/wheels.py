"""The torch of this environment, as what pip finds when blocks install it.

torch and torchvision with their libraries are gigabytes. Their wheels here lead to those that are installed where the tests run.
Everything else that a block installs comes from the index.
"""

from __future__ import annotations

import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

LED = ("torch", "torchvision")


def pip_settings(folder: Path) -> dict[str, str]:
    """Writes the wheels into a folder; gives the variables that make pip choose them."""
    folder.mkdir()
    constraints = folder / "constraints.txt"
    constraints.write_text("".join(f"{package}=={_lead(package, folder)}\n" for package in LED))
    return {"PIP_FIND_LINKS": str(folder), "PIP_CONSTRAINT": str(constraints)}


def _lead(package: str, folder: Path) -> str:
    """Writes a wheel that leads to an installed package; gives its version."""
    here = f"{version(package).partition('+')[0]}+here"
    where = next(Path(path) for path in sys.path if (Path(path) / package).is_dir())
    info = f"{package}-{here}.dist-info"
    files = {
        f"{package}-here.pth": f"{where}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: {here}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"{info}/RECORD"
    files[record] = "".join(f"{name},,\n" for name in (*files, record))
    with zipfile.ZipFile(folder / f"{package}-{here}-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return here
