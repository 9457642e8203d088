"""The wheel's own step: what lies beside the package in a checkout goes into it, below `pipeline/shipped/`."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
# pipeline/home.py (SHIPPED) says where the program looks for these
FOLDERS, FILES = ("dbt_project", "expectations"), ("requirements.lock", "workspace.yaml")
LEFT_BEHIND = shutil.ignore_patterns("target", "logs", "dbt_packages", ".*")


class BuildWithWhatIsBeside(build_py):
    """Python files and package data as ever, then the rest; an editable installation reads it where it lies."""

    def run(self):
        """Build, then copy."""
        # a module that was removed would be built again from what an earlier build left
        if not self.editable_mode:
            shutil.rmtree(Path(self.build_lib) / "pipeline", ignore_errors=True)
        super().run()
        if self.editable_mode:
            return
        shipped = Path(self.build_lib) / "pipeline" / "shipped"
        for name in FOLDERS:
            shutil.copytree(HERE / name, shipped / name, ignore=LEFT_BEHIND)
        for name in FILES:
            shutil.copyfile(HERE / name, shipped / name)


setup(cmdclass={"build_py": BuildWithWhatIsBeside})
