# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine, as far as a build needs it: an image, what is in it, and the plugin.

It is asked in plain requests over the connection that the collection's core makes, with docker-py
from our own wheels: neither the ``docker`` program nor an installed library is needed. The paths
name no version of the API, so each engine answers in its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tarfile
import typing as t
from pathlib import Path

from . import rootfs
from .errors import BuildError

if t.TYPE_CHECKING:
    from requests import Response

FIRST_FAILURE = 400
NOT_FOUND = 404
#: Seconds. Unpacking a large base takes the engine of a small machine its time.
TIMEOUT = 600
TAR = {"Content-Type": "application/x-tar"}


class Engine:
    """Where the plugin is created, and where base images are had from."""

    def __init__(self, libraries: Path, environ: t.Mapping[str, str] | None = None) -> None:
        """Prepare the connection; nothing is sent yet.

        :param libraries: the folder of :func:`payload.stage`.
        :param environ: for DOCKER_HOST and its like, with the meaning they have to ``docker``;
            None: the environment.
        :raises BuildError: they make no address.
        """
        sys.path.insert(1, str(libraries))
        # From the folder just staged: no such package before.
        from swarmvault_core._common import errors
        from swarmvault_core._swarm import connect, settings
        from swarmvault_core._swarm.diagnosis import connections

        self._diagnose = connections.connection_error
        # What the collection does unless told otherwise, the docker program does only when told.
        environ = os.environ if environ is None else environ
        verify = bool(environ.get("DOCKER_TLS_VERIFY"))
        try:
            self._options = settings.resolve({"validate_certs": verify}, environ)
            self._client = connect.connect(self._options)
        except errors.SwarmVaultError as error:
            raise _no_engine(error) from error
        self.host: str = self._options.docker_host

    def check_free(self, name: str) -> None:
        """Make sure that there is no plugin of this name yet.

        Before it is sent: an engine that refuses one stops reading, and its answer may be lost.

        :raises BuildError: there is one.
        """
        if self._ask("GET", f"/plugins/{name}/json", may_miss=True).status_code != NOT_FOUND:
            raise BuildError(
                f"The engine at {self.host} has a plugin {name} already.",
                "Name another tag (NAME:TAG), or remove the old one first: docker plugin disable "
                f"--force {name}; docker plugin rm {name}",
            )

    def build(self, context: t.IO[bytes], base: str) -> str:
        """Build an image with the engine's own (legacy) builder; return its id.

        :param context: archive of the Dockerfile and what it copies.
        :param base: the image it begins with.
        :raises BuildError: the engine has no such image and cannot pull it, or fails otherwise.
        """
        parameters = {"buildargs": json.dumps({"BASE_IMAGE": base}), "rm": "1", "forcerm": "1"}
        answer = self._ask(
            "POST", "/build", params=parameters, data=context, headers=TAR, stream=True
        )
        image = ""
        for line in filter(None, answer.iter_lines()):
            told = json.loads(line)
            if "error" in told:
                raise BuildError(
                    f"The engine at {self.host} cannot build on {base}: {told['error']}.",
                    "Bring that image to the engine (docker pull, load or import), or name "
                    "another: --base-image debian-packages needs none.",
                )
            image = (told.get("aux") or {}).get("ID") or image
        return image

    def read_image(self, image: str, target: Path) -> None:
        """Write what is in an image into a folder.

        :raises BuildError: the engine fails.
        """
        # It never runs; an image without a command wants to be given one.
        specification = {"Image": image, "Cmd": ["-"], "NetworkDisabled": True}
        made = self._ask("POST", "/containers/create", json=specification).json()["Id"]
        try:
            exported = self._ask("GET", f"/containers/{made}/export", stream=True)
            target.mkdir()
            with tarfile.open(fileobj=exported.raw, mode="r|") as archive:
                rootfs.unpack(archive, target)
        finally:
            self._ask("DELETE", f"/containers/{made}", params={"force": "1", "v": "1"})

    def remove_image(self, image: str) -> None:
        """Remove an image; layers that others share stay."""
        with contextlib.suppress(BuildError):
            self._ask("DELETE", f"/images/{image}", params={"force": "1"})

    def create_plugin(self, name: str, archive: t.IO[bytes]) -> None:
        """Create the plugin, disabled.

        :param archive: of ``config.json`` and ``rootfs/``.
        :raises BuildError: there is one with the same contents, or the engine fails.
        """
        parameters = {"name": name}
        self._ask("POST", "/plugins/create", params=parameters, data=archive, headers=TAR)

    def _ask(self, method: str, path: str, *, may_miss: bool = False, **more: t.Any) -> Response:
        failure: Exception
        try:
            answer: Response = self._client.request(
                method,
                f"{self._client.base_url}{path}",
                timeout=TIMEOUT,
                # Said again: REQUESTS_CA_BUNDLE in the environment would take its place.
                verify=self._client.verify,
                **more,
            )
        except Exception as error:
            failure = self._diagnose(f"{method} {path}", self._options, error)
            raise _no_engine(failure) from error
        missing = may_miss and answer.status_code == NOT_FOUND
        if answer.status_code < FIRST_FAILURE or missing:
            return answer
        raise _refusal(answer, f"{method} {path}", self.host)


def _no_engine(error: Exception) -> BuildError:
    return BuildError(
        str(error), "Set DOCKER_HOST to the engine, or build without one: --output DIR"
    )


def _refusal(answer: Response, action: str, host: str) -> BuildError:
    try:
        message = str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        message = answer.text[:500]
    problem = f"The engine at {host} refused {action}: {message.strip()}."
    if "content sha256" in message and "already exists" in message:
        return BuildError(
            problem,
            "A plugin with exactly these contents is there under another name (docker plugin ls): "
            "use or remove that one, or give this one another date with SOURCE_DATE_EPOCH.",
        )
    return BuildError(problem, "See the engine's log.")
