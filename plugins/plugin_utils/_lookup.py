# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base of the lookups: reads terms and options, and is the one place where errors are told.

It lies here rather than in module_utils since only controllers have what it imports of Ansible.
"""

from __future__ import annotations

import difflib
import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.failures import (
    describe_error,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError

Params = t.Mapping[str, t.Any]


class Lookup(LookupBase):  # type: ignore[misc]  # Ansible carries no types
    """A lookup of texts by texts."""

    def answer(self, terms: list[str], params: Params) -> list[str]:
        """Return one text for each term.

        :param params: the options by name, None where not given.
        :raises SwarmVaultError: some have none.
        """
        raise NotImplementedError

    def run(
        self,
        terms: list[t.Any],
        variables: t.Mapping[str, t.Any] | None = None,
        **kwargs: t.Any,
    ) -> list[str]:
        """Return what Ansible asks for.

        :raises AnsibleLookupError: it cannot be had. No value is in the message.
        """
        self.set_options(var_options=self._templated(variables or {}), direct=kwargs)
        try:
            self._check_names(kwargs)
            return self.answer(_texts(self._flatten(terms)), self.get_options())
        except Exception as error:  # noqa: BLE001 - its own text could hold a value
            problem = describe_error(error)
        # Out here, so that Ansible finds no other exception behind it.
        raise AnsibleLookupError(problem.message)

    def _templated(self, variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Return the variables that stand for options; a lookup gets them as they were written."""
        names = [
            variable["name"]
            for definition in self.option_definitions.values()
            for variable in definition.get("vars") or ()
        ]
        return {
            name: self._templar.template(variables[name]) for name in names if name in variables
        }

    def _check_names(self, given: t.Iterable[str]) -> None:
        """Refuse options that do not exist: Ansible leaves that to each lookup.

        :raises InputError: some are not known.
        """
        known = {
            name
            for option, definition in self.option_definitions.items()
            for name in (option, *(definition.get("aliases") or ()))
            if option != "_terms"
        }
        unknown = sorted(set(given) - known)
        if unknown:
            similar = {
                name for text in unknown for name in difflib.get_close_matches(text, known, n=1)
            }
            raise InputError(
                f"This lookup has no option {' and no option '.join(unknown)}.",
                f"Did you mean {' or '.join(sorted(similar))}?" if similar else "Leave it out.",
            )


def _texts(terms: t.Iterable[object]) -> list[str]:
    texts = []
    for number, term in enumerate(terms, 1):
        if not isinstance(term, str) or not term.strip():
            raise InputError(
                f"Term {number} of the lookup is empty or not a string.", "Give a name."
            )
        texts.append(str(term))
    return texts
