"""`python -P -m bridge.daemon`: what `koru up` starts."""

import sys

from bridge.daemon.process import main

if __name__ == "__main__":
    sys.exit(main())
