# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters as Ansible hands them to the module: every option there, defaults filled in."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.docker_options import (
    DOCKER_ARGUMENTS,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.rotate_options import (
    ROTATE_ARGUMENTS,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.vault_options import (
    VAULT_ARGUMENTS,
)


def params(**given: t.Any) -> dict[str, t.Any]:
    """Give the parameters of a task; an option that does not fit fails the test."""
    arguments = {**ROTATE_ARGUMENTS, **DOCKER_ARGUMENTS, **VAULT_ARGUMENTS}
    result = ArgumentSpecValidator(arguments).validate(given)
    assert result.error_messages == []
    return dict(result.validated_parameters)


def rejected(**given: t.Any) -> str:
    """Give what Ansible says of options that do not fit."""
    return " ".join(ArgumentSpecValidator(ROTATE_ARGUMENTS).validate(given).error_messages)
