# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What somebody would script by hand: the same API calls, with nothing thought of.

No rollback, no retries, no check of anything; it marks its versions with our labels so that both
can take turns.
"""

from __future__ import annotations

import base64
import concurrent.futures
import contextlib
import copy
import time
import typing as t

import requests

if t.TYPE_CHECKING:
    from tests.e2e.support.world import World

POLL = 0.25


def rotate(world: World, services: int, parallel: int) -> None:
    """Rotate s0, s1, ... each of them used by svc0, svc1, ..."""
    with contextlib.closing(world.bed.client()) as client, requests.Session() as vault:
        base = f"{client.base_url}/v{client.api_version}"
        vault.headers["X-Vault-Token"] = world.vault.root_token
        vault.trust_env = False  # REQUESTS_CA_BUNDLE would win over the next line
        vault.verify = str(world.vault.ca_cert)
        secrets = {s["Spec"]["Name"]: s for s in client.get(f"{base}/secrets").json()}
        found = {s["Spec"]["Name"]: s for s in client.get(f"{base}/services").json()}

        def read(i: int) -> tuple[int, str]:
            url = f"{world.vault.url}/v1/secret"
            version = vault.get(f"{url}/metadata/bench/s{i}").json()["data"]["current_version"]
            answer = vault.get(f"{url}/data/bench/s{i}", params={"version": version}).json()
            return version, answer["data"]["data"]["password"]

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            values = list(pool.map(read, range(services)))

        made: dict[int, dict[str, t.Any]] = {}
        for i, (version, value) in enumerate(values):
            number = 1 + max(
                int(s["Spec"]["Labels"]["swarmvault.version"])
                for s in secrets.values()
                if s["Spec"]["Labels"].get("swarmvault.name") == f"s{i}"
            )
            spec = {
                "Name": f"s{i}_v{number}",
                "Labels": {
                    "vault_path": f"bench/s{i}",
                    "vault_field": "password",
                    "swarmvault.name": f"s{i}",
                    "swarmvault.version": str(number),
                    "swarmvault.source_version": str(version),
                    "swarmvault.fingerprint": "none",
                    "swarmvault.status": "active",
                },
            }
            body = {**spec, "Data": base64.b64encode(value.encode()).decode()}
            answer = client.post(f"{base}/secrets/create", json=body)
            answer.raise_for_status()
            made[i] = {"id": answer.json()["ID"], "spec": spec}

        def move(i: int) -> None:
            service = found[f"svc{i}"]
            spec = copy.deepcopy(service["Spec"])
            (reference,) = spec["TaskTemplate"]["ContainerSpec"]["Secrets"]
            reference["SecretID"] = made[i]["id"]
            reference["SecretName"] = made[i]["spec"]["Name"]
            url = f"{base}/services/{service['ID']}"
            params = {"version": service["Version"]["Index"]}
            client.post(f"{url}/update", params=params, json=spec).raise_for_status()
            while client.get(url).json().get("UpdateStatus", {}).get("State") != "completed":
                time.sleep(POLL)

        with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
            list(pool.map(move, range(services)))

        fresh = {s["ID"]: s for s in client.get(f"{base}/secrets").json()}
        client.get(f"{base}/services")
        for item in made.values():
            secret = fresh[item["id"]]
            params = {"version": secret["Version"]["Index"]}
            answer = client.post(
                f"{base}/secrets/{item['id']}/update", params=params, json=secret["Spec"]
            )
            answer.raise_for_status()
        for secret in fresh.values():
            labels = secret["Spec"]["Labels"]
            i = int(labels["swarmvault.name"][1:])
            newest = int(made[i]["spec"]["Labels"]["swarmvault.version"])
            if int(labels["swarmvault.version"]) < newest - 1:
                client.delete(f"{base}/secrets/{secret['ID']}").raise_for_status()
