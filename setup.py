"""Maps the top-level folders to import names: ``analysis/`` is ``graphperf.analysis``, and so on."""

from setuptools import find_packages, setup

FOLDERS = {f"graphperf.{folder}": folder for folder in ("analysis", "hardware_profiles", "server")}

setup(
    package_dir=FOLDERS,
    packages=[
        *FOLDERS,
        *(f"{name}.{package}" for name, folder in FOLDERS.items() for package in find_packages(folder)),
    ],
)
