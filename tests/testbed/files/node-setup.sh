#!/bin/sh
# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs once inside a fresh root file system (chroot) and turns it into a node.

set -eu

# Modules of Ansible run on the node with this interpreter; the wheels were downloaded outside,
# since a build has no way to a package index.
python3 -m venv /opt/ansible
/opt/ansible/bin/python -m pip install --quiet --no-index --find-links /tmp/wheels docker hvac
rm -rf /tmp/wheels /tmp/node-setup.sh

mkdir -p /etc/docker /etc/systemd/system/docker.service.d /etc/ssh/sshd_config.d
cat >/etc/docker/daemon.json <<'EOF'
{
  "tlsverify": true,
  "tlscacert": "/etc/docker/tls/ca.pem",
  "tlscert": "/etc/docker/tls/cert.pem",
  "tlskey": "/etc/docker/tls/key.pem",
  "bip": "198.18.255.1/24",
  "default-address-pools": [{"base": "198.18.0.0/17", "size": 24}],
  "shutdown-timeout": 5,
  "storage-driver": "overlay2"
}
EOF
cat >/etc/systemd/system/docker.service.d/testbed.conf <<'EOF'
[Service]
ExecStart=
ExecStart=/usr/sbin/dockerd --host fd:// --host tcp://0.0.0.0:2376
EOF
cat >/etc/ssh/sshd_config.d/testbed.conf <<'EOF'
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
UsePAM no
UseDNS no
MaxStartups 100
MaxSessions 100
EOF

# Every bed brings its own host key; one inside an image would be the same everywhere.
rm -f /etc/ssh/ssh_host_*

# Nothing that waits for devices, consoles or the network, and no timers that wake up at random.
systemctl set-default multi-user.target >/dev/null 2>&1
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
        fstrim.timer getty.target console-getty.service systemd-logind.service systemd-udevd.service \
        systemd-udev-trigger.service systemd-networkd-wait-online.service systemd-firstboot.service \
        systemd-timesyncd.service sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
        dev-hugepages.mount dev-mqueue.mount; do
    ln -sf /dev/null "/etc/systemd/system/$unit"
done
: >/etc/machine-id

apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*.log /usr/share/doc/* /usr/share/man/* /usr/share/locale/* /usr/share/info/*
