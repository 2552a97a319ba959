# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that finds nothing compiles nothing of what only changes, failures and rarer options need.

Compiling is most of what such a run costs (``make bench ARGS=unchanged``). Next comes what Ansible's
controller does to find the files it is to send: for each name that a file imports it looks for a
module of that name first (``module_common.py``, ``CollectionModuleUtilLocator``).
"""

from __future__ import annotations

from tests.checks.imports import imports_of, modules
from tests.collection_path import ROOT

MODULE = ROOT / "plugins" / "modules" / "swarm_secret_rotate.py"
#: What it loads later on, whatever it finds.
LATER = (
    "_rotation.plan.present",
    "_swarm.client",
    "_swarm.connect",
    "_vault.auth.token",
    "_vault.connection",
    "_vault.settings",
)
#: What belongs to them by its name, and is loaded all the same: words and what they are about.
WORDS = {"_rotation.apply.outcome", "_rotation.apply.tools"}
#: How many names files of ours may import from each other.
MOST_NAMES = 45
UNNEEDED = (
    "_ansible.failures",
    "_common.fingerprint",
    "_rotation.apply.",
    "_rotation.plan.absent",
    "_rotation.plan.rolled_back",
    "_swarm.convergence",
    "_swarm.diagnosis.",
    "_swarm.spec",
    "_vault.auth.approle",
    "_vault.auth.aws_iam",
    "_vault.connection_errors",
    "_vault.engines.diagnosis",
    "_vault.engines.generic",
    "_vault.engines.leases",
    "_vault.engines.pki",
    "_vault.fields",
    "_vault.parse_retries",
)


def loaded() -> dict[str, str]:
    """Give what is loaded, each with the one that loads it first."""
    files = modules()
    found = dict.fromkeys(LATER, "swarm_secret_rotate, later")
    found |= {
        one.module: MODULE.name for one in imports_of(MODULE) if one.is_own and one.is_at_once
    }
    waiting = list(found)
    while waiting:
        name = waiting.pop()
        for one in imports_of(files[name]):
            if one.is_own and one.is_at_once and one.module not in found:
                found[one.module] = name
                waiting.append(one.module)
    return found


def test_every_name_is_that_of_a_module() -> None:
    names = {*LATER, *WORDS, *(name for name in UNNEEDED if not name.endswith("."))}
    assert names - modules().keys() == set()


def test_a_run_that_finds_nothing_loads_nothing_that_it_does_not_need() -> None:
    found = loaded()
    assert {"_rotation.rotate", "_vault.transport", "_vault.engines.kv"} <= found.keys()
    needless = {
        name: by for name, by in found.items() if name.startswith(UNNEEDED) and name not in WORDS
    }
    assert needless == {}


def test_modules_are_imported_rather_than_names() -> None:
    """Where a module's own name would not do as well, a name may be imported: a few of 150 files."""
    names = {
        f"{one.file.name}:{one.line} {one.name}"
        for name, file in modules().items()
        if not name.startswith(("_hash.", "_plugin.", "_credentials."))
        for one in imports_of(file)
        if one.is_own and one.name not in modules()
    }
    assert len(names) <= MOST_NAMES, sorted(names)
