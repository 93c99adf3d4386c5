"""Fills bundled/libs: graphperf and the pure Python packages that its server needs, from their wheels.

What depends on the platform is left out: the extension takes it from the user's Python or installs it (src/server.ts).
"""

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
LIBS = HERE / "bundled" / "libs"
NATIVE = {"libcst", "pyyaml", "pyyaml_ft", "numpy", "pydantic", "pydantic_core", "annotated_types", "typing_inspection"}
OLDER_PYTHON = ("exceptiongroup", "tomli")  # needed below 3.11, whichever Python runs this


def main() -> None:
    """Builds the wheels and unpacks those that run anywhere."""
    shutil.rmtree(LIBS, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "wheel", "--wheel-dir", folder, str(HERE.parent)], check=True)
        anywhere = [
            "--no-deps",
            "--only-binary=:all:",
            "--platform=any",
            "--implementation=py",
            "--python-version=3.10",
        ]
        subprocess.run([*pip, "download", *anywhere, "--dest", folder, *OLDER_PYTHON], check=True)
        for wheel in sorted(Path(folder).glob("*.whl")):
            name = re.sub("[-.]", "_", wheel.name.split("-")[0]).lower()
            if name not in NATIVE:
                unpack(wheel)


def unpack(wheel: Path) -> None:
    """Raises `SystemExit` for a wheel of one platform: the extension would not run on others."""
    if not wheel.name.endswith("-none-any.whl"):
        sys.exit(f"{wheel.name} depends on the platform: name it in NATIVE and in src/server.ts")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(LIBS, [name for name in archive.namelist() if not name.startswith("tests/")])


if __name__ == "__main__":
    main()
