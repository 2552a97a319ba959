# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's settings for the HTML site; __main__.py starts it with them."""

from __future__ import annotations

import re
import typing as t

from docutils import nodes

if t.TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

project = "swarmvault.secrets"
copyright = "swarmvault contributors"  # noqa: A001 # the name that Sphinx reads

extensions = ["sphinx_antsibull_ext"]
html_theme = "furo"
html_title = project
html_show_sphinx = False
html_copy_source = False
html_use_index = False
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
default_role = "any"
smartquotes = False

# Every reference must lead somewhere.
nitpicky = True
# Policies are HCL, of which the lexer knows Terraform's blocks only; what it does not know stays plain.
suppress_warnings = ["misc.highlighting_failure"]

ANSIBLE = "https://docs.ansible.com/projects/ansible/latest/"
#: What pages made from plugins refer to in Ansible's own documentation, and where it is. Written down
#: rather than looked up in the inventory of that site: the build needs no network.
OUTSIDE = {
    r"action_plugins": "plugins/action.html",
    r"ansible_configuration_settings": "reference_appendices/config.html",
    r"callback_plugins": "plugins/callback.html",
    r"common_return_values": "reference_appendices/common_return_values.html",
    r"ansible_collections\.ansible\.builtin\.(\w+)": r"collections/ansible/builtin/\1.html",
}


def link_to_ansible(
    _app: Sphinx, _environment: BuildEnvironment, node: nodes.Element, content: nodes.Element
) -> nodes.reference | None:
    """Resolve a reference that leads out of the collection."""
    label = node.get("reftarget", "")
    for pattern, page in OUTSIDE.items():
        if found := re.fullmatch(pattern, label):
            address = ANSIBLE + found.expand(page)
            return nodes.reference("", "", content, internal=False, refuri=address)
    return None


def setup(app: Sphinx) -> None:
    """Tell Sphinx of it."""
    app.connect("missing-reference", link_to_ansible)
