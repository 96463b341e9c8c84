"""What is done to a rehearsed cluster by name, and the socket over which another terminal asks for it.

An abstract Unix socket: it has no file, and is gone when its owner is.
"""

import json
import os
import socket
import struct

from . import copies, report

ACTIONS = {
    "kill": "the power of a machine fails",
    "start": "a machine that is off is switched on",
    "freeze": "every process of a machine stops",
    "thaw": "they go on",
    "cut": "a machine's network cable is pulled",
    "heal": "and put back",
    "kill-service": "kill -9 of one service: etcd, patroni, postgres, catalog, orders, frontend",
}
MAX_MESSAGE = 65_536


class Refused(RuntimeError):
    """The action makes no sense now, in words for a person."""


def perform(cluster, action, name, service=None):
    machine = cluster.machines.get(name)
    if machine is None:
        raise Refused(f"no machine {name}: there are {', '.join(cluster.machines)}")
    if action == "start":
        if machine.is_on:
            raise Refused(f"{name} is on")
        machine.boot()
        return
    if not machine.is_on:
        raise Refused(f"{name} is off")
    if action == "kill-service":
        if not machine.kill_service(service):
            raise Refused(f"no {service} runs on {name}")
        return
    {"kill": machine.kill, "freeze": machine.freeze, "thaw": machine.thaw, "cut": machine.cut,
     "heal": machine.heal}[action]()


def address(name):
    return f"\0bazar-cluster-{name}"


class Listener:
    """Serves requests one after another from the thread that calls `serve`."""

    def __init__(self, name):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.bind(address(name))
        except OSError:
            self._socket.close()
            raise Refused("another cluster runs already: stop it, or choose another --name") from None
        self._socket.listen(8)

    def serve(self, cluster, seconds):
        """Waits that long for one request, and answers it."""
        self._socket.settimeout(seconds)
        try:
            connection, _ = self._socket.accept()
        except TimeoutError:
            return
        with connection:
            connection.settimeout(2)
            peer = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            if peer[1] not in (0, os.getuid()):
                return
            try:
                connection.sendall(json.dumps(self._answer(cluster, connection)).encode())
            except (OSError, ValueError):
                return

    @staticmethod
    def _answer(cluster, connection):
        request = json.loads(connection.recv(MAX_MESSAGE))
        try:
            if request["action"] == "status":
                return {"text": report.as_json(cluster) if request["json"] else report.table(cluster)}
            if request["action"] == "copies":
                return {"text": copies.report(cluster)}
            perform(cluster, request["action"], request["machine"], request.get("service"))
        except (RuntimeError, TimeoutError) as refusal:
            return {"refused": str(refusal)}
        return {"text": ""}

    def close(self):
        self._socket.close()


def ask(name, request):
    """Sends one request to the cluster of that name. Raises Refused."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(60)
        try:
            connection.connect(address(name))
        except OSError:
            raise Refused("no cluster runs here for this user: start one with ./run --cluster") from None
        answer = b""
        try:
            connection.sendall(json.dumps(request).encode())
            while part := connection.recv(MAX_MESSAGE):
                answer += part
        except OSError:
            raise Refused("the cluster has just ended, or does not answer") from None
    answer = json.loads(answer or b'{"refused": "no answer"}')
    if "refused" in answer:
        raise Refused(answer["refused"])
    return answer["text"]
