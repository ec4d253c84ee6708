"""`python -P -m bridge.daemon`: what `koru up` starts."""

from bridge.daemon.process.main import leave, main

if __name__ == "__main__":
    leave(main())
