# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Method ``aws_iam``: who AWS takes this host, or the holder of these keys, for.

A signed request for AWS goes to Vault, which sends it on and so learns who signed it:
https://developer.hashicorp.com/vault/api-docs/auth/aws#login
"""

from __future__ import annotations

import importlib
import typing as t

from ..errors import LoginError, MissingSettingError
from . import base

if t.TYPE_CHECKING:
    from .. import options as vault_options


class _Keys(t.NamedTuple):
    access: str | None
    secret: str | None
    session: str | None


class AwsIam(base.Method):
    """Without keys in the options, boto3 looks for them where AWS's own tools do."""

    usual_mount = "aws"

    def check(self, options: vault_options.VaultOptions) -> None:
        """Make sure that a key comes with the other that it needs.

        :raises InputError: it does not.
        """
        given = {"aws_access_key": options.aws_access_key, "aws_secret_key": options.aws_secret_key}
        missing = [name for name, value in given.items() if value is None]
        if len(missing) == 1:
            (there,) = given.keys() - missing
            raise MissingSettingError(
                f"vault_{there} is set without vault_{missing[0]}.",
                "Set both, or neither to let boto3 look for them.",
                option=missing[0],
            )

    def log_in(
        self, client: base.LoginClient, options: vault_options.VaultOptions, mount: str
    ) -> base.Token:
        """Log in with keys of AWS.

        :raises DependencyError: boto3 is missing, and the options have no keys.
        :raises LoginError: there are no keys.
        """
        keys = _Keys(
            options.aws_access_key,
            base.secret_text(options.aws_secret_key),
            base.secret_text(options.aws_security_token),
        )
        if keys.access is None:
            keys = _found(options.aws_profile)
        region = {} if options.region is None else {"region": options.region}
        answer = client.auth.aws.iam_login(
            keys.access,
            keys.secret,
            session_token=keys.session,
            header_value=options.aws_iam_server_id,
            role=options.role,
            use_token=False,
            mount_point=mount,
            **region,
        )
        return base.from_login_answer(answer)


def _found(profile: str | None) -> _Keys:
    """Let boto3 look: into its files, the environment, and what this host is in AWS."""
    session = base.library("boto3", "keys of AWS").session
    errors = importlib.import_module("botocore.exceptions")
    try:
        found = session.Session(profile_name=profile).get_credentials()
        frozen = found and found.get_frozen_credentials()
    except (errors.BotoCoreError, errors.ClientError) as error:
        kind = type(error).__name__
    else:
        if frozen:
            return _Keys(frozen.access_key, frozen.secret_key, frozen.token)
        kind = "nothing found"
    where = "" if profile is None else f" in the profile {profile}"
    raise LoginError(
        f"boto3 has no keys of AWS for this host{where} ({kind}).",
        "Set vault_aws_access_key and vault_aws_secret_key, or check vault_aws_profile and what"
        " AWS lets this host do.",
    )
