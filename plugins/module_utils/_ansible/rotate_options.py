# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``swarm_secret_rotate`` itself, and what they ask of the core."""

from __future__ import annotations

import re
import typing as t

from .._common import base64_text, errors, secret_value
from .._rotation import request
from . import source_options, text_options

Params = t.Mapping[str, t.Any]

_OCTAL = re.compile(r"(?:0o)?[0-7]{1,5}\Z")
MAX_DIGIT = 7
OWNER_READS = 0o400

_DEFAULTS = request.Options()

_SERVICE_ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str", "required": True},
    "target": {"type": "str"},
    "uid": {"type": "str", "default": request.Attachment.uid},
    "gid": {"type": "str", "default": request.Attachment.gid},
    "mode": {"type": "raw", "default": f"{request.Attachment.mode:04o}"},
}

_SECRET_ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str", "required": True},
    **source_options.SOURCE_ARGUMENTS,
    "vault_renew_before": {"type": "str"},
    # Not "str": Ansible would make Python's text of a mapping, a number or a boolean.
    "data": {"type": "raw", "no_log": True},
    "data_is_b64": {"type": "bool", "default": False},
    "driver": {"type": "str"},
    "adopt": {"type": "list", "elements": "str", "default": []},
    "from_version": {"type": "str"},
    "labels": {"type": "dict", "default": {}},
    "services": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": _SERVICE_ARGUMENTS,
    },
}

ROTATE_ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "secrets": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "no_log": False,  # names and paths; the values among its suboptions are marked
        "options": _SECRET_ARGUMENTS,
        "required_by": source_options.SOURCE_REQUIRED_BY,
    },
    "discover": {"type": "bool", "default": _DEFAULTS.discover},
    "discover_paths": {"type": "list", "elements": "str"},
    "state": {"type": "str", "default": _DEFAULTS.state, "choices": list(request.STATES)},
    "keep_versions": {"type": "int", "default": _DEFAULTS.keep_versions},
    "wait": {"type": "bool", "default": _DEFAULTS.wait},
    "wait_timeout": {"type": "float", "default": _DEFAULTS.wait_timeout},
    "max_parallel": {"type": "int", "default": _DEFAULTS.max_parallel},
    "max_waves": {"type": "int"},
    "on_failure": {
        "type": "str",
        "default": _DEFAULTS.on_failure,
        "choices": list(request.ON_FAILURE),
    },
    "on_source_error": {
        "type": "str",
        "default": _DEFAULTS.on_source_error,
        "choices": list(request.ON_SOURCE_ERROR),
    },
    "force": {"type": "bool", "default": _DEFAULTS.force},
    "hash_key": {"type": "str", "no_log": True},
}


def to_options(params: Params) -> request.Options:
    """Read how the run is to behave."""
    hash_key: str | None = params["hash_key"]
    paths: list[str] | None = params["discover_paths"]
    return request.Options(
        state=params["state"],
        discover=params["discover"],
        discover_paths=None if paths is None else tuple(paths),
        keep_versions=params["keep_versions"],
        wait=params["wait"],
        wait_timeout=params["wait_timeout"],
        max_parallel=params["max_parallel"],
        max_waves=params["max_waves"],
        on_failure=params["on_failure"],
        on_source_error=params["on_source_error"],
        force=params["force"],
        hash_key=None if hash_key is None else text_options.text_value(hash_key),
    )


def to_requests(params: Params) -> list[request.SecretRequest]:
    """Read the entries of ``secrets``.

    :raises InputError: a value cannot be read as what it should be.
    """
    _refuse_data_that_is_not_text(params["secrets"])
    return [_request(entry) for entry in params["secrets"]]


def _request(entry: Params) -> request.SecretRequest:
    name: str = entry["name"]
    return request.SecretRequest(
        name=name,
        source=source_options.to_source(entry),
        data=_data(entry, name),
        driver=entry["driver"],
        adopt=tuple(entry["adopt"] or ()),
        from_version=entry["from_version"] or None,
        labels=_labels(entry["labels"] or {}, name),
        dropped_labels=frozenset(
            str(key) for key, value in (entry["labels"] or {}).items() if value is None
        ),
        attachments=tuple(_attachment(service, name) for service in entry["services"] or ()),
        renew_before=entry["vault_renew_before"] or None,
    )


def _refuse_data_that_is_not_text(entries: t.Sequence[t.MutableMapping[str, t.Any]]) -> None:
    """Refuse values of which nobody knows the bytes: Python's text for them is nobody's.

    :raises InputError: names each entry, and shows no value.
    """
    problems = []
    for entry in entries:
        kind = text_options.kind_of(entry["data"])
        if kind is not None:
            problems.append(f"the data of {entry['name']} is {kind}, not text")
            # Ansible shows the options with the result, and hides values but not keys.
            entry["data"] = None
    if problems:
        raise errors.InputError(
            f"Nothing was changed: {'; '.join(problems)}.",
            "Give a mapping or a list through the to_json filter, and put a number, true or false "
            "in quotes.",
        )


def _data(entry: Params, name: str) -> secret_value.SecretValue | None:
    data: str | None = entry["data"]
    if data is None:
        return None
    if not entry["data_is_b64"]:
        return text_options.text_value(data)
    value = base64_text.decoded(data)
    if value is None:
        raise errors.InputError(
            f"Nothing was changed: the data of {name} is not base64, as data_is_b64 says it is.",
            "Encode it with the b64encode filter, or leave data_is_b64 out.",
        )
    return value


def _labels(labels: t.Mapping[t.Any, t.Any], name: str) -> dict[str, str]:
    given = {str(key): value for key, value in labels.items() if value is not None}
    for key, value in given.items():
        # YAML reads yes, 1.10 and 0x1 as something else than it says: ask for the quotes.
        if not isinstance(value, (str, int)) or isinstance(value, bool):
            raise errors.InputError(
                f"Nothing was changed: label {key} of {name} is not a string.",
                "Put it in quotes.",
            )
    return {key: str(value) for key, value in given.items()}


def _attachment(service: Params, name: str) -> request.Attachment:
    return request.Attachment(
        service=service["name"],
        target=service["target"],
        uid=service["uid"],
        gid=service["gid"],
        mode=_mode(service["mode"], f"service {service['name']} of {name}"),
    )


def _mode(mode: object, where: str) -> int:
    """Read a file mode: text is octal, an integer is what YAML or a template made of it.

    :raises InputError: it is neither, or an integer that may have been meant as octal digits.
    """
    if isinstance(mode, str) and _OCTAL.match(mode):
        return int(mode, 8)
    if not isinstance(mode, int) or isinstance(mode, bool):
        raise errors.InputError(
            f"Nothing was changed: mode {mode!r} for {where} is not a valid file mode.",
            'Write it as an octal number in quotes: "0400".',
        )
    if _may_mean_octal(mode):
        raise errors.InputError(
            f"Nothing was changed: mode for {where} is the integer {mode}, which may mean "
            f"{mode:04o} or 0{mode}.",
            f'Quote it: mode: "0{mode}" if these are its digits, mode: "{mode:04o}" if it was '
            "written with a leading 0 or is a decimal number.",
        )
    return mode


def _may_mean_octal(mode: int) -> bool:
    """Tell whether an integer's decimal digits may be the octal digits somebody wrote.

    YAML reads 400 as four hundred, which is 0620, and 0400 as 256. Only where such digits would
    shut the owner out, and the integer itself does not, is it plain what was meant: 256 is 0400.
    Up to 7 both are the same.
    """
    digits = str(mode)
    if mode <= MAX_DIGIT or not _OCTAL.match(digits):
        return False
    return bool(int(digits, 8) & OWNER_READS) or not mode & OWNER_READS
