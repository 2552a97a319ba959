# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: secretprovider_request
short_description: What the variables of the role secretprovider ask for
version_added: 0.1.0
description:
  - For the role P(swarmvault.secrets.secretprovider#role), which checks with it what it is given
    before anything is touched.
author:
  - The swarmvault.secrets maintainers (@swarmvault)
positional: specs, declared
options:
  _input:
    description: The variables of the role by their names. Texts may stand for mappings.
    type: dict
    required: true
  specs:
    description: The options of the role's argument specification.
    type: dict
    required: true
  declared:
    description: The plugin's C(config.json).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: See what is wrong with settings
  ansible.builtin.debug:
    msg: "{{ (given | swarmvault.secrets.secretprovider_request(specs, declared)).problems }}"
"""

RETURN = r"""
_value:
  description:
    - C(wanted), what is asked for, by the names of the variables without their prefix, and
      C(problems), a list of sentences.
  type: dict
"""

import typing as t

from ansible_collections.swarmvault.secrets.plugins.plugin_utils import _role_request


class FilterModule:
    """Names the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return it."""
        return {"secretprovider_request": _role_request.read}
