# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports modules from an archive, and prints how often each of its files was compiled, and the like.

Arguments: the archive, whether to compile once, the module that knows how, modules to import.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import types
from collections import Counter

archive, once, knows_how, *names = sys.argv[1:]
compiled: Counter[str] = Counter()


def note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "compile" and str(arguments[1]).startswith(archive):
        compiled[str(arguments[1])[len(archive) + 1 :]] += 1


sys.path.insert(0, archive)
module = importlib.import_module(knows_how)
if once == "once":
    module.load_quickly()
sys.addaudithook(note)
imported = [importlib.import_module(name) for name in names]
files = {m.__name__: str(m.__file__)[len(archive) + 1 :] for m in imported}
lines = {
    m.__name__: sorted(
        {f.__code__.co_filename for f in vars(m).values() if isinstance(f, types.FunctionType)}
    )
    for m in imported
}
found = {"compiled": compiled, "files": files, "functions": lines}
print(json.dumps({**found, "looks_after": gc.get_threshold()[0]}))
