"""The first process of a namespace: starts the command that it is given, then reaps whatever ends, until it is killed.

The kernel kills all processes of a namespace with its first one, so nothing of a cluster outlives its tests.
"""

import os
import subprocess
import sys
import time

if sys.argv[1:]:
    subprocess.Popen(sys.argv[1:])
while True:
    try:
        os.wait()
    except ChildProcessError:
        time.sleep(0.1)
