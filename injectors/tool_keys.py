"""Keys pressed by a foreign program, one start of it for each guarded step."""

from collections.abc import Callable, Mapping, Sequence

from injectors.base import Declined, Lost
from injectors.blockers import BlockerWord
from injectors.parts import NEWLINE, Chord, type_chunk
from injectors.tool import ToolFailed, run


class ToolKeys:
    """`Keys` by a program. `chord` and `text` give its command line for a chord, and for at most 8 printable ASCII
    characters; `text` is None where it cannot type. `foretell` is called before, so that an operator guard knows that
    the keys are ours."""

    def __init__(
        self,
        environment: Mapping[str, str],
        chord: Callable[[Chord], Sequence[str]],
        text: Callable[[str], Sequence[str]] | None,
        *,
        gap: str,
        foretell: Callable[[Chord | str], None] | None = None,
    ) -> None:
        self._environment, self._chord, self._text, self.gap = environment, chord, text, gap
        self._foretell = foretell

    def press(self, chord: Chord, guard: Callable[[], None]) -> None:
        guard()
        self._announce(chord)
        self._run(self._chord(chord))

    def typable(self, text: str) -> str | None:
        if self._text is None:
            return "this tool invents key positions when it types, which programs take for other keys"
        strange = sorted({c for c in text if c != "\n" and not " " <= c <= "~"})
        return f"only printable ASCII can be typed, not U+{ord(strange[0]):04X}" if strange else None

    def type(self, text: str, guard: Callable[[], None], advance: Callable[[int], None]) -> None:
        if self._text is None:
            raise Declined(BlockerWord.TEXT_UNSUPPORTED, "this tool cannot type safely", "use the paste method")
        done = 0
        for number, line in enumerate(text.split("\n")):
            if number:
                self.press(NEWLINE, guard)
                done += 1
                advance(done)
            for start in range(0, len(line), type_chunk):
                chunk = line[start : start + type_chunk]
                guard()
                self._announce(chunk)
                self._run(self._text(chunk))
                done += len(chunk)
                advance(done)

    def release(self) -> None:
        """The tool lets go of its keys before it ends."""

    def close(self) -> None:
        """Nothing is open."""

    def _announce(self, keys: Chord | str) -> None:
        if self._foretell is not None:
            self._foretell(keys)

    def _run(self, command: Sequence[str]) -> None:
        try:
            run(command, self._environment)
        except ToolFailed as error:
            raise Lost(BlockerWord.TOOL_FAILED, str(error), "look at the field before anything is sent") from error
