"""A running node: one Endpoint, its journal, the line to every peer, and the operator's service.

The only code with network, TLS and an event loop. One task (`driver.py`) owns the Endpoint; everything else hands it
inputs and reads what is committed.
"""

import os

# gRPC's C core writes lines of its own to standard error about each connection that fails, which our errors and logs
# say already. It looks at this once, when it is first imported, so it must be set before that.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
