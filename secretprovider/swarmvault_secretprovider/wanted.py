# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the labels of a secret ask for, in whichever words: data only, no I/O."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from swarmvault_core._common.errors import InputError
from swarmvault_core._rotation import labels as secret_labels
from swarmvault_core._vault.engines import location

from . import settings

if t.TYPE_CHECKING:
    from swarmvault_core._vault.source import VaultSource

    from .label_values import Labels

#: What a secret may be, by the label for its type.
SECRET = "secret"  # noqa: S105  # a word of a label
VAULT_TOKEN = "vault_token"  # noqa: S105  # a word of a label
TYPES = (SECRET, VAULT_TOKEN)
#: The whole answer of Vault as JSON, with what it tells beside the fields.
WITH_METADATA = "meta+json"
FORMATS = ("plain", "json", WITH_METADATA, "base64")
#: Engines that hand out the same until somebody changes it, so that readers may share it.
LASTING_ENGINES = ("kv2", "kv1")
#: The field that is meant where none is named.
USUAL_FIELD = "value"
#: How long path, mount and the like may be, in characters: nobody means more, and comparing paths
#: with patterns takes time that grows with them.
_LONGEST_TOLD = 1024
#: What a certificate is asked for is more than a word, and compared with nothing.
_PARAMS = "vault_params"


@dataclass(frozen=True)
class Wanted:
    """What one secret is.

    :param secret: name of the Swarm secret.
    :param source: where its value lies; None: it is a Vault token that is made for the task.
    :param format: one of :data:`FORMATS`.
    :param wrap: for how many seconds it is wrapped; None: it is not.
    :param wraps_all: all fields are wrapped, whichever is named.
    :param task_token: it is read with a token made for the task, whatever the settings say.
    :param reuse: whether tasks on one node share it; None: as is right for its kind.
    :param fail_on_error: whether the task fails where it cannot be had; None: as the settings say.
    :param connection: which Vault it comes from.
    """

    secret: str
    source: VaultSource | None
    format: str = "plain"
    wrap: int | None = None
    wraps_all: bool = False
    task_token: bool = False
    reuse: bool | None = None
    fail_on_error: bool | None = None
    connection: str = settings.DEFAULT_CONNECTION

    @property
    def lasts(self) -> bool:
        """Whether its source hands out the same to everybody who reads it."""
        return self.source is not None and self.source.engine in LASTING_ENGINES

    @property
    def path(self) -> str:
        """Where it comes from, for messages."""
        return "auth/token/create" if self.source is None else self.source.location


def source_in(labels: Labels, told: t.Mapping[str, str | None], value_format: str) -> VaultSource:
    """Return the source that labels tell, whatever they are called.

    :param told: what they say, by the words of the plain labels.
    :raises LabelError: it is none.
    :raises ForbiddenPathError: it is never one.
    """
    known = {name: text for name, text in told.items() if text is not None}
    for name, text in known.items():
        if len(text) > _LONGEST_TOLD and name != _PARAMS:
            raise labels.error(
                f"what its labels say for {name} is longer than {_LONGEST_TOLD} characters",
                "Shorten it",
            )
    known["vault_format"] = "json" if value_format == WITH_METADATA else value_format
    try:
        source = secret_labels.source_from_labels(known)
        if source is not None:
            location.locate(source)
    except InputError as error:
        raise error.__class__(
            f"Secret {labels.secret}: {error.message.rstrip('.')}.", error.remedy
        ) from None
    except ValueError as error:
        raise labels.error(str(error), "Correct the label") from None
    if source is None:
        raise labels.error("no path is known for it", "Set the label vault_path")
    return source


def check_token(labels: Labels, others: t.Iterable[str], value_format: str) -> None:
    """Make sure that nothing is said of a token that only a value has.

    :param others: labels that tell where a value lies.
    :raises LabelError: there is such a label.
    """
    needless = [name for name in others if labels.text(name) is not None]
    if needless:
        raise labels.error(
            f"it is a Vault token made for the task, which has no {needless[0]}",
            f"Leave out {' and '.join(needless)}",
        )
    if value_format == "base64":
        raise labels.error("a Vault token is not base64", "Leave out the format")


def check_reuse(labels: Labels, wanted: Wanted) -> Wanted:
    """Make sure that what can be unwrapped only once is not shared.

    :raises LabelError: it is to be.
    """
    if wanted.reuse and wanted.wrap is not None:
        raise labels.error(
            "it is wrapped, which the first task to unwrap it uses up, and to be shared by tasks",
            "Leave out the label for its reuse, or the one for its wrapping",
        )
    return wanted
