"""The desk of tests/real/desktop with a real VS Code in a real browser window on it."""

# pytest finds fixtures by name in the module that has them.
from tests.real.desktop.conftest import bus as bus
from tests.real.desktop.conftest import display as display
from tests.real.desktop.conftest import runtime as runtime
from tests.real.vscode.conftest import editor as editor
