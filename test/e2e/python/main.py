"""`main.py KUBECONFIG`: runs all claims against a cluster."""
import sys

from kubernetes import config

config.load_kube_config(sys.argv[1])

# Both look at the configuration that is loaded now.
import typed  # noqa: E402,F401
import untyped  # noqa: E402,F401
from claim import run  # noqa: E402

run()
