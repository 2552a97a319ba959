# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes beside and comes back of calls that have to do with a registry or an archive."""

from __future__ import annotations

import json
import typing as t

from .diagnosis import refusals

if t.TYPE_CHECKING:
    from docker import APIClient

_FIRST_FAILURE = 400


def credentials(client: APIClient, reference: str) -> dict[str, str]:
    """Return the header with what ``docker login`` left for a registry, empty where it left nothing.

    :param reference: what is wanted of the registry; empty: none is asked.
    """
    if not reference:
        return {}
    from docker import auth

    registry, _name = auth.resolve_repository_name(reference)
    header = auth.get_config_header(client, registry)
    return {"X-Registry-Auth": header.decode("ascii")} if header else {}


def documents(action: str, host: str, status: int, content: bytes) -> list[t.Any]:
    """Return the JSON documents of an answer, one a line.

    An engine that has begun to tell of its progress can only tell of a failure in the same way.

    :raises DockerError: and its subclasses: it failed.
    """
    found = [document for line in content.splitlines() if (document := _document(line)) is not None]
    problem = ""
    for document in found:
        if isinstance(document, dict) and document.get("error"):
            problem, status = str(document["error"]), max(status, 500)
    if status >= _FIRST_FAILURE:
        told = found[0].get("message") if found and isinstance(found[0], dict) else None
        words = problem or told or content[:500].decode("utf-8", "replace")
        raise refusals.answer_error(action, host, status, " ".join(str(words).split()))
    return found


def _document(line: bytes) -> t.Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
