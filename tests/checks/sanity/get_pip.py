# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for get-pip.py where ansible-test cannot download it: pip comes from ensurepip.

ansible-test runs it in an environment without pip, with what "pip install" is to install.
"""

from __future__ import annotations

import os
import subprocess
import sys

# Options that get-pip.py knows and pip does not.
arguments = [a for a in sys.argv[1:] if a not in {"--no-setuptools", "--no-wheel"}]

# ansible-test's wrapper around pip runs the file named there, which is this one.
os.environ.pop("GET_PIP", None)

subprocess.run([sys.executable, "-m", "ensurepip", "--upgrade"], check=True)
sys.exit(
    subprocess.run([sys.executable, "-m", "pip", "install", *arguments], check=False).returncode
)
