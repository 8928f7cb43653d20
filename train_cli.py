"""The command line: train, evaluate and publish. Its commands are in ``core.cli``."""

import os

from core.cli.app import main

if __name__ == "__main__":
    # TensorFlow reads its log level when a command imports it, and logs its start-up otherwise.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()
