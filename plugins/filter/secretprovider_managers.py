# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: secretprovider_managers
short_description: Which hosts the role secretprovider works on
version_added: 0.1.0
description:
  - For the role P(swarmvault.secrets.secretprovider#role), which goes from one manager to the next,
    the leader last.
author:
  - The swarmvault.secrets maintainers (@swarmvault)
options:
  _input:
    description:
      - For each host what M(ansible.builtin.uri) gave for C(engine), that is C(GET /info), and for
        C(node), that is C(GET /nodes/{id}).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: See which managers serve
  ansible.builtin.debug:
    msg: "{{ (seen | swarmvault.secrets.secretprovider_managers).order }}"
"""

RETURN = r"""
_value:
  description:
    - C(order), the hosts to work on. C(skipped) and C(refused), reasons by host. C(architectures)
      by host, as in the tags of plugins.
  type: dict
"""

import typing as t

from ansible_collections.swarmvault.secrets.plugins.plugin_utils import _role_managers


class FilterModule:
    """Names the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return it."""
        return {"secretprovider_managers": _role_managers.sort}
