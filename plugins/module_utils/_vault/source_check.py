# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a source by itself, told before anything is read.

An option that an engine has no use for would be ignored, and nobody would notice: the version that
was to be kept moves on. A field that a certificate cannot have would be noticed only once one had
been issued, and again at the next run.
"""

from __future__ import annotations

import json
import typing as t

from . import source as vault_source

#: What servers such as nginx want in one file: the certificate, then those that signed it.
FULL_CHAIN = "fullchain"
# https://openbao.org/api-docs/secret/pki/#generate-certificate-and-key and #sign-certificate
_TOLD = ("issuing_ca", "ca_chain", FULL_CHAIN, "serial_number", "not_before", "expiration")
_SIGNED = ("certificate", *_TOLD)
_ISSUED = ("certificate", "private_key", "private_key_type", *_TOLD)
# Those that vault_params with "format": "der" makes base64 of.
_DER = ("certificate", "private_key", "issuing_ca")


def source_problems(source: vault_source.VaultSource) -> t.Iterator[str]:
    """Say what is wrong with a source, in the words of its options, without a full stop."""
    engine = source.engine
    if engine not in vault_source.ENGINES:
        yield f"vault_engine {engine!r} is not known, it must be one of {', '.join(vault_source.ENGINES)}"
        return
    if source.format not in vault_source.FORMATS:
        known = ", ".join(vault_source.FORMATS)
        yield f"vault_format {source.format!r} is not known, it must be one of {known}"
        return
    if source.version is not None and engine != "kv2":
        yield f"vault_version goes with vault_engine kv2, not with {engine}, which has no versions"
    elif source.version is not None and source.version < 1:
        yield f"vault_version is {source.version}, but versions count from 1"
    if source.params and engine != "pki":
        yield f"vault_params goes with vault_engine pki, not with {engine}"
    if source.mount != vault_source.DEFAULT_MOUNT and engine in vault_source.WHOLE_PATH_ENGINES:
        whole = f"{source.mount}/{source.path}"
        yield (
            f"vault_mount goes with vault_engine kv2 and kv1; with {engine} the mount is the"
            f" beginning of vault_path, such as {whole}"
        )
    if engine == "pki":
        yield from _certificate_problems(source)


def mount_of(engine: str, mount: str, path: str) -> str:
    """Return the mount of a source, in one spelling, so that two that mean one share a read.

    A path that is named whole holds its mount; saying the same in ``vault_mount`` does no harm.
    """
    mount = mount.strip("/")
    said_twice = engine in vault_source.WHOLE_PATH_ENGINES and path.startswith(f"{mount}/")
    return vault_source.DEFAULT_MOUNT if said_twice or not mount else mount


def _certificate_problems(source: vault_source.VaultSource) -> t.Iterator[str]:
    """Say what a certificate will not have, before one is issued to find that out."""
    fields = _ISSUED if "issue" in source.path.split("/")[-2:-1] else _SIGNED
    names = ", ".join(fields)
    as_der = source.params != "" and json.loads(source.params).get("format") == "der"
    if source.field is None:
        if source.format != "json":
            yield f"vault_field is missing, it must be one of {names}"
    elif source.field not in fields:
        yield f"a certificate has no field {source.field!r} at this path, it has {names}"
    elif source.format == "base64" and not (as_der and source.field in _DER):
        yield (
            f"vault_format base64 does not suit {source.field}, which is base64 where vault_params"
            f" has format der and it is one of {', '.join(_DER)}"
        )
    elif as_der and source.field in (FULL_CHAIN, "ca_chain"):
        yield f"{source.field} is PEM, which vault_params with format der does not give"
