# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policies that the guide shows, whole and with one path less."""

from __future__ import annotations

import itertools
import re
import textwrap
import typing as t

from tests.collection_path import ROOT

if t.TYPE_CHECKING:
    from testbed import OpenBao

GUIDE = ROOT / "docs" / "docsite" / "rst" / "guide_policies.rst"
_SECTION = re.compile(r"^(?P<title>\S.*)\n-+\n(?P<text>(?:.*\n)*?)(?=\S.*\n-+\n|\Z)", re.MULTILINE)
_BLOCK = re.compile(r"^\.\. code-block:: hcl\n\n((?:    .*\n|\n)+)", re.MULTILINE)
_STANZA = re.compile(r'^path "(?P<path>[^"]+)" \{\n(?:.*\n)*?^\}\n', re.MULTILINE)
_numbers = itertools.count()


def guide_policies() -> dict[str, str]:
    """Return the policy of each section of the guide that shows one."""
    text = GUIDE.read_text(encoding="utf-8")
    found = {}
    for section in _SECTION.finditer(text):
        blocks = _BLOCK.findall(section["text"])
        if blocks:
            assert len(blocks) == 1, section["title"]
            found[section["title"]] = textwrap.dedent(blocks[0])
    return found


def paths_in(policy: str) -> list[str]:
    """Return the paths that a policy names."""
    return [stanza["path"] for stanza in _STANZA.finditer(policy)]


def without(policy: str, path: str) -> str:
    """Return a policy less what it says of one path."""
    return _STANZA.sub(lambda found: "" if found["path"] == path else found[0], policy)


def token_with(bao: OpenBao, policy: str, *, default: bool = False, **options: t.Any) -> str:
    """Return a token that has exactly this policy.

    :param default: it has the policy ``default`` as well, as most tokens have.
    """
    name = f"exactly-{next(_numbers)}"
    bao.policy(name, policy)
    return bao.token([name], no_default_policy=not default, **options)
