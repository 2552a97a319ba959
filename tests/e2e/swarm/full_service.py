# SPDX-License-Identifier: GPL-3.0-or-later
"""A service spec with every setting that an engine knows, and with the API version it came in.

From moby's ``api/types/swarm`` (v28.5.2). Left out: what excludes another setting that is here
(PluginSpec, NetworkAttachmentSpec, the job modes), and what needs Windows or a cluster volume.
"""

from __future__ import annotations

import base64
import typing as t
from dataclasses import dataclass

Spec = dict[str, t.Any]

SECOND = 1_000_000_000
MEBIBYTE = 1 << 20

# No task ever runs: the spec is what matters, and no node has all this.
NOWHERE = "node.labels.swarmvault-test==nowhere"


@dataclass(frozen=True)
class Parts:
    """What has to be there before the service."""

    image: str
    secrets: list[Spec]
    configs: list[Spec]
    network: str


def full_spec(name: str, api: str, parts: Parts) -> Spec:
    """Return the spec, as much of it as that API version has."""
    version = tuple(int(part) for part in api.split("."))
    container = _container(parts)
    resources: Spec = {
        "Limits": {"NanoCPUs": SECOND // 2, "MemoryBytes": 64 * MEBIBYTE, "Pids": 50},
        "Reservations": {
            "NanoCPUs": SECOND // 4,
            "MemoryBytes": 32 * MEBIBYTE,
            "GenericResources": [
                {"DiscreteResourceSpec": {"Kind": "gpu", "Value": 2}},
                {"NamedResourceSpec": {"Kind": "ssd", "Value": "s1"}},
            ],
        },
    }
    if version >= (1, 44):
        container["Healthcheck"]["StartInterval"] = 2 * SECOND
        container["Privileges"].update(
            Seccomp={"Mode": "custom", "Profile": base64.b64encode(b"{}").decode()},
            AppArmor={"Mode": "disabled"},
            NoNewPrivileges=True,
        )
    if version >= (1, 46):
        container["OomScoreAdj"] = 500
        tmpfs = next(mount for mount in container["Mounts"] if mount["Type"] == "tmpfs")
        tmpfs["TmpfsOptions"]["Options"] = [["noexec"], ["uid", "1000"]]
    if version >= (1, 52):
        resources.update(SwapBytes=MEBIBYTE, MemorySwappiness=10)
    return {
        "Name": name,
        "Labels": {"com.example.a": "1", "empty": "", "swarmvault.wave": "3"},
        "TaskTemplate": {
            "ContainerSpec": container,
            "Resources": resources,
            "RestartPolicy": {
                "Condition": "on-failure",
                "Delay": 3 * SECOND,
                "MaxAttempts": 7,
                "Window": 60 * SECOND,
            },
            "Placement": {
                "Constraints": [NOWHERE, "node.role==worker"],
                "Preferences": [{"Spread": {"SpreadDescriptor": "node.labels.rack"}}],
                "MaxReplicas": 2,
                "Platforms": [{"Architecture": "amd64", "OS": "linux"}],
            },
            "Networks": [
                {
                    "Target": parts.network,
                    "Aliases": ["db", "database"],
                    "DriverOpts": {"com.example.opt": "v"},
                }
            ],
            "LogDriver": {"Name": "json-file", "Options": {"max-size": "1m", "max-file": "2"}},
            "ForceUpdate": 4,
            "Runtime": "container",
        },
        "Mode": {"Replicated": {"Replicas": 2}},
        "UpdateConfig": {
            "Parallelism": 2,
            "Delay": 4 * SECOND,
            "FailureAction": "rollback",
            "Monitor": 5 * SECOND,
            "MaxFailureRatio": 0.15,
            "Order": "start-first",
        },
        "RollbackConfig": {
            "Parallelism": 3,
            "Delay": 6 * SECOND,
            "FailureAction": "continue",
            "Monitor": 7 * SECOND,
            "MaxFailureRatio": 0.3,
            "Order": "stop-first",
        },
        "EndpointSpec": {
            "Mode": "dnsrr",
            "Ports": [
                {
                    "Name": "web",
                    "Protocol": "tcp",
                    "TargetPort": 80,
                    "PublishedPort": 28080,
                    "PublishMode": "host",
                },
                {"Protocol": "udp", "TargetPort": 53, "PublishedPort": 2853, "PublishMode": "host"},
            ],
        },
    }


def _container(parts: Parts) -> Spec:
    return {
        "Image": parts.image,
        "Labels": {"container": "label"},
        "Command": ["/app.sh"],
        "Args": ["--flag", "with space", 'quo"te', "$VAR", "<>&"],
        "Hostname": "{{.Node.Hostname}}-{{.Task.Slot}}",
        "Env": ["A=1", "EMPTY=", "UNICODE=äöü", "NO_VALUE", "A=again"],
        "Dir": "/tmp",
        "User": "1000:1000",
        "Groups": ["1001", "audio"],
        "Privileges": {
            "CredentialSpec": {"Config": "", "File": "spec.json", "Registry": ""},
            "SELinuxContext": {
                "Disable": False,
                "User": "u",
                "Role": "r",
                "Type": "t",
                "Level": "l",
            },
        },
        "Init": False,
        "StopSignal": "SIGQUIT",
        "TTY": True,
        "OpenStdin": True,
        "ReadOnly": True,
        "Mounts": _mounts(),
        "StopGracePeriod": 2 * SECOND,
        "Healthcheck": {
            "Test": ["CMD-SHELL", "test -e /run/secrets/first"],
            "Interval": 11 * SECOND,
            "Timeout": 12 * SECOND,
            "StartPeriod": 13 * SECOND,
            "Retries": 5,
        },
        "Hosts": ["10.0.0.1 one two", "::1 six"],
        "DNSConfig": {
            "Nameservers": ["10.0.0.2", "10.0.0.3"],
            "Search": ["example.com"],
            "Options": ["timeout:3"],
        },
        "Secrets": parts.secrets,
        "Configs": parts.configs,
        "Isolation": "default",
        "Sysctls": {"net.ipv4.ip_unprivileged_port_start": "0", "net.core.somaxconn": "512"},
        "CapabilityAdd": ["CAP_NET_ADMIN", "CAP_SYS_TIME"],
        "CapabilityDrop": ["CAP_CHOWN"],
        "Ulimits": [{"Name": "nofile", "Hard": 2048, "Soft": 1024}],
    }


def _mounts() -> list[Spec]:
    return [
        {
            "Type": "volume",
            "Source": "data",
            "Target": "/data",
            "VolumeOptions": {
                "NoCopy": True,
                "Labels": {"volume": "label"},
                "DriverConfig": {"Name": "local", "Options": {"type": "tmpfs", "device": "tmpfs"}},
            },
        },
        {
            "Type": "bind",
            "Source": "/etc",
            "Target": "/host",
            "ReadOnly": True,
            "Consistency": "cached",
            "BindOptions": {"Propagation": "rslave", "NonRecursive": True},
        },
        {
            "Type": "tmpfs",
            "Target": "/scratch",
            "TmpfsOptions": {"SizeBytes": MEBIBYTE, "Mode": 0o1770},
        },
    ]
