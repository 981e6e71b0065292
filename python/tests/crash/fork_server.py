"""Runs jobs in forked children and kills them from outside, at a point they have reached or at any moment.

Speaks JSON lines on stdin and stdout. A request is `{"jobs": [...], "kill": {"acks": n, "spin": n} or null}`; the
answer says for each child what it acknowledged, and whether it was killed. A job with a `cut` stops at its n-th
write boundary and is killed there; `kill` ends the first child when it has acknowledged so much, while it goes on.
"""

import json
import os
import selectors
import signal
import socket
import sys
import traceback

from jobs import JOBS


def main():
    """Answer requests until stdin ends."""
    for line in sys.stdin:
        request = json.loads(line)
        children = [Child(job) for job in request["jobs"]]
        watch(children, request.get("kill"))
        answer = [{"said": child.said, "killed": child.killed} for child in children]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


class Child:
    """A forked process that does one job, and what it has said."""

    def __init__(self, job):
        self.said, self.killed, self.ready, self.rest = [], False, False, b""
        self.socket, other = socket.socketpair()
        self.pid = os.fork()
        if not self.pid:
            self.socket.close()
            work(job, other)
        other.close()

    def hear(self):
        """Take in what the child has written; False when it is gone."""
        data = self.socket.recv(65536)
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            if line == b"cut":
                self.kill()
            elif line == b"ready":
                self.ready = True
            else:
                self.said.append(json.loads(line))
        return bool(data)

    def kill(self):
        """End the child as the system would."""
        if not self.killed:
            self.killed = True
            os.kill(self.pid, signal.SIGKILL)


def watch(children, kill):
    """Hear all children until they are gone; those that wait for each other go on when all do."""
    selector = selectors.DefaultSelector()
    for child in children:
        selector.register(child.socket, selectors.EVENT_READ, child)
    while selector.get_map():
        for key, _ in selector.select():
            child = key.data
            if not child.hear():
                selector.unregister(child.socket)
                child.socket.close()
                os.waitpid(child.pid, 0)
            elif kill and child is children[0] and len(child.said) >= kill["acks"]:
                for _ in range(kill["spin"]):
                    pass
                child.kill()
        alive = [key.data for key in selector.get_map().values()]
        if alive and all(child.ready for child in alive):
            for child in alive:
                child.ready = False
                child.socket.sendall(b"g")
    selector.close()


def work(job, channel):
    """Do a job in the child, and end it."""
    try:
        JOBS[job["job"]](job, channel)
    except BaseException:  # noqa: BLE001 - whatever it was, the child must not go on as a second server
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
