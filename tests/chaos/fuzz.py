# SPDX-License-Identifier: GPL-3.0-or-later
"""One target in the hands of atheris; started by ``chaos.__main__`` with options of libFuzzer."""

from __future__ import annotations

import sys

import atheris

# Before anything of the product is imported: what is imported here tells which lines were reached.
with atheris.instrument_imports(include=["swarmvault_core", "swarmvault_secretprovider"]):
    from chaos.targets import TARGETS

if __name__ == "__main__":
    program, target, *options = sys.argv
    atheris.Setup([program, *options], TARGETS[target])
    atheris.Fuzz()
