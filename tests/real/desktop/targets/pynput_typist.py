"""Types argv[2] into the window titled argv[1] with pynput's X11 backend, under our focus proof; prints the level."""

import os
import sys

from pynput.keyboard import Controller  # type: ignore[import-untyped]

from injectors.base import InjectionError, InsertMethod, Stop, Target
from injectors.focus import X11Desk
from injectors.injection import DeskInjection
from injectors.pynput import PynputKeys
from injectors.readback import open_reader
from injectors.x11_display import X11Display


def main(title: str, text: str) -> str:
    injection = DeskInjection(
        "pynput",
        Target(title=title),
        Stop(),
        desk=X11Desk(X11Display(os.environ["DISPLAY"])),
        keys=PynputKeys(Controller()),
        clipboard=None,
        reader=open_reader(os.environ),
    )
    with injection:
        try:
            return injection.insert(text, InsertMethod.TYPE).level.name
        except InjectionError as error:
            return str(error.blocker)


print(main(sys.argv[1], sys.argv[2]))
