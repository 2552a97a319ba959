# SPDX-License-Identifier: GPL-3.0-or-later
"""Creates, shows or removes the service that the target rotates a secret of.

Reads a JSON object from its standard input: what to do, and how to reach the manager.
"""

from __future__ import annotations

import json
import sys
import typing as t

import docker
import docker.tls
import docker.types


def connect(options: dict[str, t.Any]) -> docker.APIClient:
    """Connect with the options that the modules take."""
    tls: t.Any = False
    if options.get("client_cert"):
        tls = docker.tls.TLSConfig(
            client_cert=(options["client_cert"], options["client_key"]),
            ca_cert=options.get("ca_path"),
            verify=options.get("ca_path") or True,
        )
    return docker.APIClient(base_url=options.get("docker_host"), tls=tls, version="auto")


def create(client: docker.APIClient, name: str, image: str, command: list[str]) -> None:
    """Create a service of one task that uses no secret yet."""
    container = docker.types.ContainerSpec(image, command=command, stop_grace_period=10**9)
    client.create_service(docker.types.TaskTemplate(container), name=name)


def secrets_of(client: docker.APIClient, name: str) -> list[str]:
    """Name the Swarm secrets that a service refers to."""
    spec = client.inspect_service(name)["Spec"]["TaskTemplate"]["ContainerSpec"]
    return [reference["SecretName"] for reference in spec.get("Secrets") or []]


def main() -> None:
    """Do what was asked for, and print which secrets the service refers to."""
    asked = json.load(sys.stdin)
    client = connect(asked["docker"])
    if asked["action"] == "create":
        create(client, asked["name"], asked["image"], asked["command"])
    if asked["action"] == "remove":
        if client.services(filters={"name": asked["name"]}):
            client.remove_service(asked["name"])
        return
    print(json.dumps(secrets_of(client, asked["name"])))


main()
