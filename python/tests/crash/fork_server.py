"""Runs jobs in forked children and kills them from outside, at a point they have reached or at any moment.

Speaks JSON lines on stdin and stdout. A request is `{"jobs": [...], "kills": [{"acks": n, "spin": n} or null, ...]}`;
the answer says for each child what it acknowledged, whether it was killed, and at which boundary. A job with a `cut`
stops at its n-th boundary and is killed there; a kill ends a child that has acknowledged so much, while it goes on.
"""

import gc
import json
import os
import selectors
import signal
import socket
import sys
import traceback

from .jobs import JOBS

#: Seconds without a word from anybody, after which all are killed: they are stuck.
PATIENCE = 60


def main():
    """Answer requests until stdin ends."""
    gc.collect()
    gc.freeze()  # so that the children share what was loaded, and need not go through it
    for line in sys.stdin:
        request = json.loads(line)
        children = [Child(*each) for each in zip(request["jobs"], request["kills"], strict=True)]
        watch(children)
        answer = [{"said": child.said, "killed": child.killed, "at": child.at} for child in children]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


class Child:
    """A forked process that does one job, and what it has said."""

    def __init__(self, job, doom):
        self.said, self.ready, self.rest = [], False, b""
        self.killed, self.gone, self.at = False, False, None
        self.doom = doom
        self.socket, other = socket.socketpair()
        self.pid = os.fork()
        if not self.pid:
            self.socket.close()
            work(job, other)
        other.close()

    def hear(self):
        """Take in what the child has written; False when it is gone."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:  # killed with something unheard
            data = b""
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            if line.startswith(b"cut"):
                self.kill(line[4:].decode())
            elif line == b"ready":
                self.ready = True
            else:
                self.said.append(json.loads(line))
        if data and self.doom and len(self.said) >= self.doom["acks"]:
            for _ in range(self.doom["spin"]):
                pass
            self.kill()
        return bool(data)

    def kill(self, at=None):
        """End the child as the system would."""
        self.at = at or self.at
        if not self.gone:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self):
        """Wait for its end, and see what that was."""
        self.socket.close()
        self.killed, self.gone = os.WIFSIGNALED(os.waitpid(self.pid, 0)[1]), True


def watch(children):
    """Hear all children until they are gone; those that wait for each other go on when all do."""
    selector = selectors.DefaultSelector()
    for child in children:
        selector.register(child.socket, selectors.EVENT_READ, child)
    while selector.get_map():
        heard = selector.select(PATIENCE)
        for child in [] if heard else children:
            child.kill("stuck")
        for key, _ in heard:
            child = key.data
            if not child.hear():
                selector.unregister(child.socket)
                child.wait()
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
