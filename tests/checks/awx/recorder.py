# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for AWX, which runs in Kubernetes only: keeps what is made by its API, and gives it back.

It shows that the modules of awx.awx take the data and what they make of it, not that AWX does.
"""

from __future__ import annotations

import collections.abc as c
import contextlib
import http.server
import json
import threading
import typing as t
import urllib.parse

Record = dict[str, t.Any]
#: Below an object.
RELATED = ("credentials", "survey_spec", "labels", "instance_groups")


class Recorder:
    """Objects by endpoint, and how often one was made or changed."""

    def __init__(self, **there_already: str) -> None:
        self.objects: dict[str, list[Record]] = {}
        self.writes: list[str] = []
        for endpoint, name in there_already.items():
            self.make(endpoint, {"name": name})

    def make(self, endpoint: str, body: Record) -> Record:
        """Keep an object."""
        number = sum(len(found) for found in self.objects.values()) + 1
        url = f"/api/v2/{endpoint}/{number}/"
        related = {name: f"{url}{name}/" for name in RELATED}
        made = {**body, "id": number, "type": endpoint, "url": url, "related": related}
        # Of a project that AWX has brought up to date.
        made |= {"scm_revision": "0", "summary_fields": {}}
        self.objects.setdefault(endpoint, []).append(made)
        return made

    def named(self, endpoint: str, name: str) -> Record:
        """Return an object."""
        (found,) = [one for one in self.objects[endpoint] if one.get("name") == name]
        return found

    # -- the API ------------------------------------------------------------------------------

    def get(self, path: str, query: dict[str, str]) -> Record:
        """Return an object, or those of an endpoint that a query asks for."""
        endpoint, number, related = self._parts(path)
        if endpoint == "ping":
            return {"version": "24.6.1"}
        if related:
            kept = self._object(endpoint, number).get(related, [])
            return self._listed(kept) if isinstance(kept, list) else t.cast("Record", kept)
        if number:
            return self._object(endpoint, number)
        asked = {
            key: value for key, value in query.items() if key in ("name", "or__id", "or__name")
        }
        found = self.objects.get(endpoint, [])
        return self._listed(
            [one for one in found if one["name"] in asked.values()] if asked else found
        )

    def post(self, path: str, body: Record) -> Record:
        """Make an object, or a related one."""
        endpoint, number, related = self._parts(path)
        self.writes.append(f"{endpoint} {related or body.get('name')}")
        if not related:
            return self.make(endpoint, body)
        owner = self._object(endpoint, number)
        if related == "survey_spec":
            owner[related] = body
        else:
            (one,) = [o for o in self.objects[related] if o["id"] == body["id"]]
            owner.setdefault(related, []).append(one)
        return {}

    def patch(self, path: str, body: Record) -> Record:
        """Change an object."""
        endpoint, number, _related = self._parts(path)
        self.writes.append(f"{endpoint} {sorted(body)}")
        changed = self._object(endpoint, number)
        changed.update(body)
        return changed

    @staticmethod
    def _parts(path: str) -> tuple[str, int, str]:
        endpoint, number, related = (*path.removeprefix("/api/v2/").strip("/").split("/"), "", "")[
            :3
        ]
        # What schedules start are job templates here.
        endpoint = endpoint.replace("unified_job", "job")
        return endpoint, int(number or 0), related

    def _object(self, endpoint: str, number: int) -> Record:
        (found,) = [one for one in self.objects[endpoint] if one["id"] == number]
        return found

    @staticmethod
    def _listed(found: list[Record]) -> Record:
        return {"count": len(found), "next": None, "previous": None, "results": found}


@contextlib.contextmanager
def serving(recorder: Recorder) -> c.Iterator[str]:
    """Serve it; give its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def _answer(self, status: int, content: Record) -> None:
            text = b"" if status == 204 else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def _body(self) -> Record:
            size = int(self.headers.get("Content-Length") or 0)
            return t.cast("Record", json.loads(self.rfile.read(size) or b"{}"))

        def do_GET(self) -> None:
            path, _mark, query = self.path.partition("?")
            self._answer(200, recorder.get(path, dict(urllib.parse.parse_qsl(query))))

        def do_POST(self) -> None:
            made = recorder.post(self.path, self._body())
            related = 200 if self.path.endswith("/survey_spec/") else 204
            self._answer(201 if made else related, made)

        def do_PATCH(self) -> None:
            self._answer(200, recorder.patch(self.path, self._body()))

        def log_message(self, *_args: t.Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
