"""`python -P -m bridge.cli`: the command `koru` by another door."""

import sys

from bridge.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
