"""The network between rehearsed machines: one switch and a link a machine, or loopback addresses.

Namespaces have no names and are held by processes that die with their owner: when that is gone, so are they, and the
links with them, also after kill -9.
"""

import ctypes
import os
import shutil
import socket
import subprocess

from .machine_init import die_with_parent

HOST_NUMBER = 254
CLONE_NEWNS = 0x20000


class Unsupported(RuntimeError):
    """What this host does not allow, or this kind of network cannot do."""


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise Unsupported(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


class NamespaceNetwork:
    """Real links: packets of a machine that is cut off vanish, as they do when a cable is pulled."""

    can_cut = True
    wrapper = ["unshare", "--net", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"]

    def __init__(self):
        if os.geteuid() != 0:
            raise Unsupported("network namespaces need root")
        for program in ("unshare", "nsenter", "ip"):
            if shutil.which(program) is None:
                raise Unsupported(f"{program} is missing")
        self._prefix = self._free_prefix()
        self.network = f"{self._prefix}.0/24"
        self._switch = subprocess.Popen(["unshare", "--net", "sleep", "infinity"], preexec_fn=die_with_parent)
        try:
            self._make_switch()
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _free_prefix():
        taken = run("ip", "-4", "-o", "addr")
        for offset in range(250):
            prefix = f"10.213.{(os.getpid() + offset) % 250 + 1}"
            if f"{prefix}." not in taken:
                return prefix
        raise Unsupported("no network 10.213.N.0/24 is free")

    def _in_switch(self, *words):
        return run("nsenter", "-t", str(self._switch.pid), "-n", "ip", *words)

    def _make_switch(self):
        # The namespace exists once `unshare` has become `sleep`.
        own = os.readlink("/proc/self/ns/net")
        while os.readlink(f"/proc/{self._switch.pid}/ns/net") == own:
            if self._switch.poll() is not None:
                raise Unsupported("cannot make a network namespace")
        self._in_switch("link", "add", "br0", "type", "bridge", "forward_delay", "0", "stp_state", "0")
        self._in_switch("link", "set", "br0", "up")
        host_link = f"bazar{os.getpid() % 10_000_000}"
        run("ip", "link", "add", host_link, "type", "veth", "peer", "name", "host", "netns", str(self._switch.pid))
        self._in_switch("link", "set", "host", "master", "br0", "up")
        run("ip", "addr", "add", f"{self._prefix}.{HOST_NUMBER}/24", "dev", host_link)
        run("ip", "link", "set", host_link, "up")

    def address(self, number):
        return f"{self._prefix}.{number}"

    @staticmethod
    def own_mounts():
        """What this thread mounts from now on is seen by it and its children only, and gone when they are."""
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
            raise Unsupported("mount namespaces are not allowed")
        run("mount", "--make-rprivate", "/")

    def attach(self, pid, name, number):
        """Gives the machine whose first process is `pid` its link."""
        subprocess.run(["nsenter", "-t", str(self._switch.pid), "-n", "ip", "link", "del", name], capture_output=True)
        run("ip", "link", "add", "eth0", "netns", str(pid), "type", "veth", "peer", "name", name, "netns",
            str(self._switch.pid))
        inside = ["nsenter", "-t", str(pid), "-n", "ip"]
        run(*inside, "link", "set", "lo", "up")
        run(*inside, "addr", "add", f"{self.address(number)}/24", "dev", "eth0")
        run(*inside, "link", "set", "eth0", "up")
        self.heal(name)

    def cut(self, name):
        # Taken off the switch, not down: the machine must not be told by a lost carrier.
        self._in_switch("link", "set", name, "nomaster")

    def heal(self, name):
        self._in_switch("link", "set", name, "master", "br0", "up")

    def close(self):
        self._switch.kill()
        self._switch.wait()


class LoopbackNetwork:
    """An address of 127.0.0.0/8 a machine, for hosts where namespaces are not allowed. Nothing can be cut."""

    can_cut = False
    wrapper = []
    network = "127.0.0.0/8"

    def __init__(self):
        self._prefix = next((prefix for prefix in self._candidates() if self._is_free(prefix)), None)
        if self._prefix is None:
            raise Unsupported("no loopback addresses with PostgreSQL's and etcd's ports are free")

    @staticmethod
    def _candidates():
        return (f"127.213.{(os.getpid() + offset) % 250 + 1}" for offset in range(250))

    @staticmethod
    def _is_free(prefix):
        for port in (2379, 2380, 5432, 8008, 8080, 8101, 8201):
            with socket.socket() as probe:
                try:
                    probe.bind((f"{prefix}.1", port))
                except OSError:
                    return False
        return True

    def address(self, number):
        return f"{self._prefix}.{number}"

    def attach(self, pid, name, number):
        pass

    @staticmethod
    def own_mounts():
        raise Unsupported("machines have disks of their own only in namespaces (run as root)")

    def cut(self, name):
        raise Unsupported("links can only be cut between network namespaces (run as root)")

    heal = cut

    def close(self):
        pass


def make_network(kind):
    """`namespaces`, `loopback`, or `auto`: namespaces where they are allowed."""
    if kind == "loopback":
        return LoopbackNetwork()
    try:
        return NamespaceNetwork()
    except Unsupported:
        if kind == "namespaces":
            raise
        return LoopbackNetwork()
