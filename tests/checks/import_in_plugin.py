# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs within the plugin's root file system: import every module, print how many and what failed.

The argument is the folder with the plugin's packages.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys

#: What Debian has elsewhere (tkinter, distutils) or other systems have, and jokes.
ABSENT = {"_distutils_system_mod", "_ios_support", "antigravity", "this", "turtle"}
#: What libraries have for other systems, or for libraries that we do not use.
OPTIONAL = (
    "docker.transport.npipe",
    "docker.transport.sshconn",
    "prometheus_client.aiohttp",
    "prometheus_client.django",
    "prometheus_client.twisted",
    "structlog._greenlets",
    "structlog.twisted",
    "urllib3.contrib",
    "urllib3.http2",
)

place = sys.argv[1]
sys.path.insert(0, place)
names = {module.name for module in pkgutil.iter_modules()} - ABSENT
for package in pkgutil.iter_modules([place]):
    found = pkgutil.walk_packages([f"{place}/{package.name}"], f"{package.name}.")
    names |= {module.name for module in found if not module.name.startswith(OPTIONAL)}

failed = {}
for name in sorted(names):
    if not name.endswith("__main__"):
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            failed[name] = repr(error)
print(json.dumps([len(names), failed]))
