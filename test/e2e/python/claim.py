"""Claims about a cluster, each a function; run one after the other, each answers one line of JSON."""
import json
import sys
import traceback

CLAIMS = []
NAMESPACE = "default"


def claim(text):
    """What a function shows, in words: the name of its test."""

    def add(function):
        CLAIMS.append((text, function))
        return function

    return add


def run():
    """Prints a line for each claim: whether it holds, and if not why."""
    # What libraries print is kept off the lines.
    lines, sys.stdout = sys.stdout, sys.stderr
    for text, function in CLAIMS:
        try:
            function()
            result = {"claim": text, "error": None}
        except Exception:
            result = {"claim": text, "error": traceback.format_exc()}
        print(json.dumps(result), file=lines, flush=True)


def same(found, wanted):
    """Fails, showing both, where they differ."""
    if found != wanted:
        raise AssertionError("found  %r\nwanted %r" % (found, wanted))


def refused(status, function, *args, **kwargs):
    """The Status with which a request is refused."""
    from kubernetes.client.rest import ApiException

    try:
        function(*args, **kwargs)
    except ApiException as error:
        body = json.loads(error.body)
        same((error.status, body["kind"], body["status"], body["code"]), (status, "Status", "Failure", status))
        return body
    raise AssertionError("it was not refused")


def eventually(what, check, seconds=20):
    """What a check answers once it is true."""
    import time

    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError("%s: not within %d s" % (what, seconds))
        time.sleep(0.05)
