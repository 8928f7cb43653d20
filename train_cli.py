"""The command line: train, evaluate and publish. Its commands are in ``core.cli``."""

import os
import sys

if __name__ == "__main__":
    # TensorFlow reads its log level when a command imports it, and logs its start-up otherwise.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        from core.cli.app import main

        main()
    except KeyboardInterrupt:  # before a command begins, which answers an interrupt itself
        sys.stderr.write("Interrupted.\n")
        sys.exit(130)
