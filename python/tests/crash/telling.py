"""What a child of the fork server says to it, one line each, and how children wait for each other."""

import json


def say(channel, value):
    """Tell the server something; once it is written, it counts as acknowledged."""
    channel.sendall(json.dumps(value).encode() + b"\n")


def meet(channel):
    """Stand still until every child that lives does so too."""
    channel.sendall(b"ready\n")
    channel.recv(1)
